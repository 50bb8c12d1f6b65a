//! Saving a file changes the next answer and disturbs no answer under way.

use mote_blackbox::{Mote, Project, eventually};

const GREETING: &str =
    "import { text } from \"./text\";\nexport default { fetch() { return new Response(text); } };\n";

fn becomes(mote: &Mote, text: &str) {
    eventually(&format!("the worker to say {text:?}"), || (mote.get("/").text == text).then_some(()));
}

#[test]
fn a_change_in_any_module_changes_the_next_answer() {
    let project = Project::new(GREETING).with("src/text.ts", "export const text: string = \"one\";\n");
    let mote = project.dev();
    assert_eq!(mote.get("/").text, "one");
    project.write("src/text.ts", "export const text: string = \"two\";\n");
    becomes(&mote, "two");
    project.write("src/index.ts", "export default { fetch() { return new Response(\"three\"); } };\n");
    becomes(&mote, "three");
}

#[test]
fn a_change_of_the_configuration_changes_the_next_answer() {
    let project =
        Project::handler("    return new Response(env.WORD);").with_config("[vars]\nWORD = \"one\"");
    let mote = project.dev();
    assert_eq!(mote.get("/").text, "one");
    project.edit("wrangler.toml", "\"one\"", "\"two\"");
    becomes(&mote, "two");
}

#[test]
fn a_reload_drops_no_open_response() {
    let ticking = |word: &str| {
        format!(
            "export default {{ fetch(request: Request) {{
  if (new URL(request.url).pathname === \"/\") return new Response(\"{word}\");
  let n = 0;
  return new Response(new ReadableStream({{
    async pull(controller) {{
      await scheduler.wait(100);
      controller.enqueue(new TextEncoder().encode(`{word} ${{++n}};`));
      if (n === 40) controller.close();
    }},
  }}));
}} }};\n"
        )
    };
    let project = Project::new(&ticking("old"));
    let mote = project.dev();
    let mut wire = mote.wire_get("/ticks");
    wire.head();
    wire.text_until("old 1;");

    project.write("src/index.ts", &ticking("new"));
    becomes(&mote, "new");
    project.write("src/index.ts", "syntax error (");
    mote.says(&["src/index.ts:1"]);

    let rest =
        String::from_utf8(wire.rest().expect("the stream ends as if nothing had happened")).expect("text");
    assert!(rest.ends_with("old 39;old 40;"), "{rest}");
}

#[test]
fn a_broken_save_shows_the_error_and_the_next_good_one_heals_it() {
    let project = Project::new(GREETING).with("src/text.ts", "export const text = \"one\";\n");
    let mut mote = project.dev();
    assert_eq!(mote.get("/").text, "one");

    project.write("src/text.ts", "export const text = \"broken\n");
    let error = eventually("the error to show", || Some(mote.get("/")).filter(|answer| answer.status == 500));
    assert!(error.text.contains("src/text.ts:1"), "{}", error.text);

    project.write("src/text.ts", "export const text = \"healed\";\n");
    becomes(&mote, "healed");
    mote.goes_on("/");
}

#[test]
fn a_main_that_vanishes_is_told_and_may_come_back() {
    let project = Project::new("export default { fetch() { return new Response(\"here\"); } };\n");
    let mote = project.dev();
    assert_eq!(mote.get("/").text, "here");
    project.remove("src/index.ts");
    let error = eventually("the error to show", || Some(mote.get("/")).filter(|answer| answer.status == 500));
    assert!(error.text.contains("src/index.ts"), "{}", error.text);
    project.write("src/index.ts", "export default { fetch() { return new Response(\"back\"); } };\n");
    becomes(&mote, "back");
}

#[test]
fn a_hundred_saves_in_a_row_end_with_the_last_one() {
    let project = Project::new("export default { fetch() { return new Response(\"0\"); } };\n");
    let mut mote = project.dev();
    for n in 1..=100 {
        project.write(
            "src/index.ts",
            &format!("export default {{ fetch() {{ return new Response(\"{n}\"); }} }};\n"),
        );
    }
    becomes(&mote, "100");
    mote.goes_on("/");
}
