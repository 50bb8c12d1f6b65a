//! Every script can be run: it is executable, and its language takes it.
#![forbid(unsafe_code)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn scripts() -> io::Result<Vec<PathBuf>> {
    let mut scripts = vec![root().join(".ci/run")];
    for entry in fs::read_dir(root().join("scripts"))? {
        let path = entry?.path();
        if path.is_file() {
            scripts.push(path);
        }
    }
    Ok(scripts)
}

#[test]
fn no_script_lacks_its_run_bit() -> io::Result<()> {
    for script in scripts()? {
        assert!(
            fs::metadata(&script)?.permissions().mode() & 0o111 == 0o111,
            "{}: chmod +x",
            script.display()
        );
    }
    Ok(())
}

#[test]
fn no_script_is_refused_by_its_language() -> io::Result<()> {
    for script in scripts()? {
        let text = fs::read_to_string(&script)?;
        let taken = match text.lines().next() {
            Some("#!/usr/bin/env bash") => Command::new("bash").arg("-n").arg(&script).status()?.success(),
            Some("#!/usr/bin/env python3") => {
                let parse = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
                Command::new("python3").args(["-c", parse]).arg(&script).status()?.success()
            }
            other => panic!("{}: begins with {other:?}, not with bash or python3", script.display()),
        };
        assert!(taken, "{} does not parse", script.display());
    }
    Ok(())
}
