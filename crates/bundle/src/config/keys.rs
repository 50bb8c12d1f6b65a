//! The keys that wrangler knows, and what Mote makes of each.

/// What Mote does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Support {
    /// It is read.
    Read,
    /// It means nothing on a node of one's own: accounts, telemetry, placement, how the dashboard shows things.
    NoEffect,
    /// A node that it is deployed to may have it; `mote dev`, and `mote serve` with a project, do not.
    Deployed,
    /// A node that it is deployed to has it, and so has `mote dev`; `mote serve` with a project does not.
    Developed,
    /// It means something to wrangler before it deploys, which Mote leaves to the developer.
    Left,
    /// It means something that Mote cannot do yet.
    NotYet,
}

/// What an environment gets of a key at the top level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The value, unless the environment has its own.
    Inherited,
    /// Nothing: each environment says it anew.
    PerEnvironment,
    /// It can only stand at the top level.
    TopLevel,
}

/// Finds a key of the top level or of an environment.
pub(crate) fn find(key: &str) -> Option<(Scope, Support)> {
    KEYS.iter().find(|(_, _, names)| names.contains(&key)).map(|(scope, support, _)| (*scope, *support))
}

/// Every key of the top level or of an environment.
pub(crate) fn all() -> Vec<&'static str> {
    KEYS.iter().flat_map(|(_, _, names)| names.iter().copied()).collect()
}

/// The known key that looks most like this one, if any does.
pub(crate) fn similar(key: &str) -> Option<&'static str> {
    closest(key, all().into_iter())
}

/// The candidate that looks most like `word`, if any differs in few letters.
pub(crate) fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let flat = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let allowed = match word.chars().count() {
        0..=3 => 1,
        letters => (letters / 3).max(2),
    };
    candidates
        .map(|candidate| (distance(&flat(word), &flat(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters to insert, delete or replace to get from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut left = at + 1;
        let mut next = vec![left];
        for (pair, other) in row.windows(2).zip(&to) {
            if let [diagonal, above] = pair {
                left = (diagonal + usize::from(letter != *other)).min(above + 1).min(left + 1);
                next.push(left);
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

const KEYS: &[(Scope, Support, &[&str])] = &[
    (
        Scope::Inherited,
        Support::Read,
        &[
            "name",
            "main",
            "account_id",
            "compatibility_date",
            "compatibility_flags",
            "rules",
            "no_bundle",
            "find_additional_modules",
            "preserve_file_names",
            "base_dir",
            "minify",
            "keep_names",
            "upload_source_maps",
            "triggers",
            "limits",
            "tsconfig",
            "jsx_factory",
            "jsx_fragment",
            "route",
            "routes",
            "observability",
        ],
    ),
    (Scope::PerEnvironment, Support::Read, &["vars", "define"]),
    (Scope::TopLevel, Support::Read, &["env", "alias", "keep_vars"]),
    (Scope::Inherited, Support::Developed, &["assets"]),
    (Scope::Inherited, Support::Deployed, &["migrations"]),
    (Scope::PerEnvironment, Support::Developed, &["kv_namespaces", "services", "version_metadata"]),
    (
        Scope::PerEnvironment,
        Support::Deployed,
        &[
            "d1_databases",
            "r2_buckets",
            "durable_objects",
            "queues",
            "workflows",
            "tail_consumers",
            "dispatch_namespaces",
            "hyperdrive",
            "vectorize",
            "analytics_engine_datasets",
            "ai",
            "browser",
            "images",
        ],
    ),
    (Scope::Inherited, Support::Left, &["build"]),
    (Scope::PerEnvironment, Support::Left, &["secrets"]),
    (
        Scope::Inherited,
        Support::NoEffect,
        &[
            "workers_dev",
            "preview_urls",
            "logpush",
            "placement",
            "usage_model",
            "compliance_region",
            "first_party_worker",
            // Which files of Python are left out of a worker that has some.
            "python_modules",
        ],
    ),
    (
        Scope::TopLevel,
        Support::NoEffect,
        &["$schema", "send_metrics", "legacy_env", "dev", "previews", "dependencies_instrumentation"],
    ),
    // What the build of a framework notes in the configuration that it writes.
    (
        Scope::TopLevel,
        Support::NoEffect,
        &["configPath", "userConfigPath", "topLevelName", "definedEnvironments", "targetEnvironment"],
    ),
    (Scope::Inherited, Support::NotYet, &["exports", "cache", "access", "addresses"]),
    (
        Scope::PerEnvironment,
        Support::NotYet,
        &[
            "streaming_tail_consumers",
            "ratelimits",
            "send_email",
            "mtls_certificates",
            "worker_loaders",
            "secrets_store_secrets",
            "pipelines",
            "ai_search",
            "ai_search_namespaces",
            "analytics",
            "artifacts",
            "flagship",
            "k2",
            "unsafe_hello_world",
            "connect",
            "agent_memory",
            "media",
            "stream",
            "vpc_services",
            "vpc_networks",
            "containers",
            "cloudchamber",
            "unsafe",
            "logfwdr",
        ],
    ),
    (
        Scope::TopLevel,
        Support::NotYet,
        &["site", "wasm_modules", "text_blobs", "data_blobs", "pages_build_output_dir"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_listed_twice() {
        let mut all: Vec<_> = KEYS.iter().flat_map(|(_, _, names)| names.iter()).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_slip_of_the_pen_finds_the_key_and_a_stranger_finds_none() {
        for (slip, key) in [
            ("compatability_date", "compatibility_date"),
            ("compatibilityDate", "compatibility_date"),
            ("kv_namespace", "kv_namespaces"),
            ("mian", "main"),
            ("var", "vars"),
        ] {
            assert_eq!(similar(slip), Some(key), "{slip}");
        }
        for stranger in ["", "zzz", "webpack_config", "é"] {
            assert_eq!(similar(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn the_distance_between_words_is_the_number_of_letters_that_differ() {
        assert_eq!([distance("", "abc"), distance("abc", ""), distance("kitten", "sitting")], [3, 3, 3]);
        assert_eq!([distance("main", "mian"), distance("same", "same")], [2, 0]);
    }
}
