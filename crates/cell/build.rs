//! Makes the startup snapshot, so that no isolate ever evaluates the platform's JavaScript.

use std::{env, error::Error, fs, path::Path};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folders this way")]
fn main() -> Result<(), Box<dyn Error>> {
    mote_web::initialize_v8();
    let snapshot = mote_web::make_snapshot()?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("snapshot.bin"), snapshot)?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
