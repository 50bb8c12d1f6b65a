//! What an operator's configuration means to the supervisor.

use std::time::Duration;

use mote_host::supervisor::{CordonOptions, Lanes, Profile, SupervisorOptions, Tenancy};

use crate::config::{Config, CordonConfig};

/// A hundred years: longer than any node runs, and a time that a clock can show.
const AGE_HOURS_MAX: u64 = 100 * 365 * 24;

/// The supervisor's options: its defaults, with what the operator says.
pub(super) fn supervisor_options(config: &Config) -> SupervisorOptions {
    let mut options = SupervisorOptions::default();
    for (name, said) in &config.cordons {
        let cordon = options.cordons.entry(name.clone()).or_insert_with(CordonOptions::shared);
        apply(cordon, said);
    }
    options.counting = config.counting.clone();
    options
}

fn apply(cordon: &mut CordonOptions, said: &CordonConfig) {
    if let Some(dedicated) = said.dedicated {
        cordon.tenancy = if dedicated { Tenancy::Dedicated } else { Tenancy::Shared };
        cordon.cells_max = if dedicated { 1 } else { cordon.cells_max };
    }
    if let Some(jitless) = said.jitless {
        cordon.profile = if jitless { Profile::Jitless } else { Profile::Jit };
    }
    if let Some(cells) = said.cells {
        cordon.cells_max = usize::try_from(cells).unwrap_or(usize::MAX);
        // Who wants one process has one.
        cordon.lanes = if cells > 1 { Lanes::ByTurns } else { Lanes::One };
    }
    if let Some(mib) = said.memory_mib {
        cordon.memory_bytes_max = mib.saturating_mul(1 << 20);
    }
    if let Some(hours) = said.age_hours {
        cordon.age_max = Duration::from_secs(hours.min(AGE_HOURS_MAX) * 3_600);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mote_wire::limits::LimitsPatch;

    #[test]
    fn an_age_that_no_clock_shows_never_ends_a_node() {
        let mut cordon = CordonOptions::shared();
        apply(&mut cordon, &CordonConfig { age_hours: Some(u64::MAX), ..CordonConfig::default() });
        assert!(tokio::time::Instant::now().checked_add(cordon.age_max).is_some());
    }

    #[test]
    fn an_operators_cordon_is_what_he_says_and_else_the_default() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "[cordons.paranoid]\njitless = true\ndedicated = true\nage_hours = 1\n[cordons.default]\ncells = 3\n\
             [cordons.trusted]\ncells = 1\n",
        )
        .unwrap();
        let config = Config::read(Some(file.path()), &LimitsPatch::default()).unwrap();
        let options = supervisor_options(&config);
        let paranoid = &options.cordons["paranoid"];
        assert_eq!((paranoid.tenancy, paranoid.profile), (Tenancy::Dedicated, Profile::Jitless));
        assert_eq!((paranoid.cells_max, paranoid.age_max), (1, Duration::from_secs(3_600)));
        let shape = |name: &str| (options.cordons[name].cells_max, options.cordons[name].lanes);
        assert_eq!((shape("default"), shape("trusted")), ((3, Lanes::ByTurns), (1, Lanes::One)));
        assert_eq!(options.cordons["untrusted"], CordonOptions::shared());
    }
}
