//! Makes the startup snapshot, so that no isolate ever evaluates the platform's JavaScript.

use std::{env, error::Error, fs, path::Path};

use sha2::{Digest, Sha256};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folders this way")]
fn main() -> Result<(), Box<dyn Error>> {
    mote_web::initialize_v8();
    let snapshot = mote_web::make_snapshot()?;
    // V8's version stands in the snapshot, and so does what its flags are.
    let id: String = Sha256::digest(&snapshot).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=MOTE_ENGINE_ID={id}");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("snapshot.bin"), snapshot)?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
