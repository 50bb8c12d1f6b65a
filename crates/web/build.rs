//! Lists the files of `js/`, so that a new file needs no list to be edited.

use std::{env, fmt::Write as _, fs, io, path::Path};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folders this way")]
fn main() -> io::Result<()> {
    let variable = |name| env::var(name).map_err(io::Error::other);
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("js");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut names = Vec::new();
    collect(&root, "", &mut names)?;
    names.sort();
    let mut text = String::from(
        "/// The platform's JavaScript.\npub static SOURCES: &[mote_engine::snapshot::Source] = &[\n",
    );
    for name in names {
        writeln!(text, "    source!({name:?}, {:?}),", root.join(&name)).map_err(io::Error::other)?;
    }
    text.push_str("];\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("sources.rs"), text)
}

fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), names)?;
        } else if Path::new(&name).extension().is_some_and(|ending| ending == "js") {
            names.push(name);
        }
    }
    Ok(())
}
