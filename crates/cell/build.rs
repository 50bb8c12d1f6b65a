//! Makes the startup snapshot, so that no isolate ever evaluates the platform's JavaScript.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

use sha2::{Digest, Sha256};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folders this way")]
fn main() -> Result<(), Box<dyn Error>> {
    mote_web::initialize_v8();
    let snapshot = mote_web::make_snapshot()?;
    // V8's version stands in the snapshot, and so does what its flags are.
    let id: String = Sha256::digest(&snapshot).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=MOTE_ENGINE_ID={id}");
    let folder = env::var("OUT_DIR")?;
    let folder = Path::new(&folder);
    fs::write(folder.join("snapshot.bin"), &snapshot)?;
    let mut list = String::from(
        "/// V8's code for what is loaded late, by module.\npub static LATE_CODE: &[(&str, &[u8])] = &[\n",
    );
    for (at, (name, code)) in mote_web::make_late_code(snapshot.leak())?.into_iter().enumerate() {
        fs::write(folder.join(format!("late-{at}.bin")), code)?;
        writeln!(list, "    ({name:?}, include_bytes!(\"late-{at}.bin\")),")?;
    }
    list.push_str("];\n");
    fs::write(folder.join("late.rs"), list)?;
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
