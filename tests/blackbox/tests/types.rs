//! `mote types`, judged by the real TypeScript.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use mote_blackbox::{Launch, Project, Refusal, mote};

const CONFIG: &str = r#"
[vars]
GREETING = "hello"
DEPTH = 3
LIST = [1, "two"]
OBJECT = { "some-key" = true }
"odd-name" = "x"
TOKEN = "replaced by the secret of that name"

[[kv_namespaces]]
binding = "CACHE"
id = "1"

[[services]]
binding = "PRICES"
service = "prices"
entrypoint = "Admin"

[assets]
directory = "public"
binding = "FILES"

[version_metadata]
binding = "VERSION"

[[rules]]
type = "Text"
globs = ["**/*.md"]
fallthrough = true

[env.staging.vars]
GREETING = "hello from staging"
ONLY_THERE = true
"#;

const CODE: &str = r##"
import text from "./page.md";
import query from "./query.sql";
import bytes from "./bytes.bin";
import module from "./add.wasm";

export default {
  async fetch(request, env): Promise<Response> {
    const greeting: "hello" | "hello from staging" = env.GREETING;
    const depth: number | undefined = env.DEPTH;
    const flag: boolean | undefined = env.ONLY_THERE;
    const key: true | undefined = env.OBJECT?.["some-key"];
    const token: string = env.TOKEN;
    const cached: string | null | undefined = await env.CACHE?.get("key");
    const price = await env.PRICES?.fetch(request);
    const file = await env.FILES?.fetch(request);
    const version: string | undefined = env.VERSION?.id;
    const length: number = text.length + query.length + bytes.byteLength;
    const instance = new WebAssembly.Instance(module);
    return Response.json({ greeting, depth, flag, key, token, cached, version, length, instance, a: price?.ok, b: file?.ok });
  },
} satisfies ExportedHandler<Env>;
"##;

/// Each would be wrong at run time.
const MISTAKES: [&str; 6] = [
    "const x: \"bye\" = env.GREETING;",
    "const x: string = env.ONLY_THERE;",
    "env.NOWHERE;",
    "env.CACHE!.fetch(request);",
    "const x: number = text;",
    "env.LIST![2];",
];

fn project() -> Project {
    Project::new(CODE).with_config(CONFIG).with(".dev.vars", "TOKEN=hush\n")
}

fn types(project: &Project, args: &[&str]) -> Refusal {
    args.iter().fold(mote(["types"]).arg(project.path()), Launch::arg).refuse()
}

#[test]
fn the_types_are_those_of_what_the_worker_gets() {
    let Some(tools) = installed() else { return };
    let project = project();
    let said = types(&project, &[]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let config = serde_json::json!({
        "compilerOptions": {
            "strict": true, "noEmit": true, "target": "es2024", "lib": ["es2024"], "module": "esnext",
            "moduleResolution": "bundler", "types": [], "skipLibCheck": false,
        },
        "files": ["src/index.ts", "worker-configuration.d.ts", tools.join("@cloudflare/workers-types/index.d.ts")],
    });
    project.write("tsconfig.json", &config.to_string());
    assert_eq!(compiled(&tools, &project), "");
    for mistake in MISTAKES {
        let code = CODE.replace("const greeting", &format!("{mistake}\nconst greeting"));
        project.write("src/index.ts", &code);
        let errors = compiled(&tools, &project);
        assert!(errors.contains("src/index.ts"), "no error: {mistake}\n{errors}");
    }
}

#[test]
fn secrets_are_strings_and_never_told() {
    let project = project();
    assert_eq!(types(&project, &[]).code, Some(0));
    let text = std::fs::read_to_string(project.file("worker-configuration.d.ts")).unwrap();
    assert!(text.contains("TOKEN: string") || text.contains("TOKEN?: string"), "{text}");
    assert!(!text.contains("hush"), "{text}");
    assert!(text.contains("declare module \"*.wasm\"") && text.contains("declare module \"*.md\""), "{text}");
}

#[test]
fn one_environment_has_what_it_has() {
    let said =
        types(&project(), &["--env", "staging", "--output", "-", "--env-interface", "Mine", "--loose-vars"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("interface Mine extends Cloudflare.Env"), "{}", said.stdout);
    assert!(said.stdout.contains("\t\tGREETING: string;\n\t\tONLY_THERE: boolean;\n"), "{}", said.stdout);
    assert!(!said.stdout.contains("DEPTH"), "{}", said.stdout);
}

#[test]
fn a_check_fails_until_the_file_is_as_it_should_be() {
    let project = project();
    let stale = types(&project, &["--check"]);
    assert_eq!(stale.code, Some(1));
    assert!(stale.stderr.contains("run `mote types`"), "{}", stale.stderr);
    assert!(!project.file("worker-configuration.d.ts").exists());
    assert_eq!(types(&project, &[]).code, Some(0));
    assert_eq!(types(&project, &["--check"]).code, Some(0));
    project.edit("wrangler.toml", "DEPTH = 3", "DEPTH = 4");
    assert_eq!(types(&project, &["--check"]).code, Some(1));
}

#[test]
fn wrong_projects_and_names_are_refused() {
    let missing = mote(["types", "/nowhere"]).refuse();
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("/nowhere does not exist"), "{}", missing.stderr);
    let name = types(&project(), &["--env-interface", "Env {} evil"]);
    assert_eq!(name.code, Some(2), "{}", name.stderr);
    let environment = types(&project(), &["--env", "nowhere"]);
    assert!(environment.code == Some(1) && environment.stderr.contains("staging"), "{}", environment.stderr);
}

/// What `tsc` finds wrong.
fn compiled(tools: &Path, project: &Project) -> String {
    let output =
        Command::new("node").arg(tools.join("typescript/bin/tsc")).current_dir(project.path()).output();
    let output = output.expect("node starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), text.is_empty(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// TypeScript and the types of Workers; `None` if no registry can be reached.
fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("typescript");
    let modules = folder.join("node_modules");
    // The lock keeps parallel tests from installing into the same folder at once.
    let lockfile = File::open(folder.join("package-lock.json")).expect("the lockfile");
    lockfile.lock().expect("a file can be locked");
    if modules.join(".package-lock.json").exists() {
        return Some(modules);
    }
    let npm = |args: &[&str]| Command::new("npm").args(args).current_dir(&folder).status();
    if npm(&["ci"]).is_ok_and(|status| ExitStatus::success(&status)) {
        return Some(modules);
    }
    let reachable = npm(&["ping"]).is_ok_and(|status| ExitStatus::success(&status));
    assert!(
        !reachable,
        "`npm ci --prefix tests/blackbox/typescript` failed, and npm's registry can be reached"
    );
    let said = "SKIPPED: the types were not judged by TypeScript, because npm's registry cannot be reached\n";
    let _ = std::io::stderr().write_all(said.as_bytes());
    None
}
