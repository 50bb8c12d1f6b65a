//! Landlock: rules without exceptions. They hold also where there is no mount or network namespace.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError,
    RulesetStatus, Scope,
};

/// Why Landlock does not hold.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unruled {
    /// The kernel has none, or it is switched off.
    #[error("the kernel has no Landlock, or it is switched off")]
    Absent,
    /// The kernel refuses the rules.
    #[error("the kernel refuses the rules: {0}")]
    Refused(#[from] RulesetError),
}

/// No file, no port, no abstract socket and no process outside. A kernel that knows fewer of them holds those.
pub(super) fn shut() -> Result<(), Unruled> {
    const NEWEST: ABI = ABI::V10;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .restrict_self()?;
    match status.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
        RulesetStatus::NotEnforced => Err(Unruled::Absent),
    }
}
