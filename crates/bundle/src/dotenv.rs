//! `.dev.vars` and `.env`: a developer's own variables and secrets, one `NAME=value` a line.
//!
//! The usual dialect: `export` before a name, `#` comments, values in `'`, `"` or `` ` `` that may span lines, `\n`
//! and `\r` inside `"`. A line that says nothing is reported by its number only, since it may hold a secret.

/// The variables in the order of the file, and the numbers of the lines that could not be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DotEnv {
    /// Names and values.
    pub vars: Vec<(String, String)>,
    /// Counted from 1.
    pub unreadable_lines: Vec<usize>,
}

/// Reads such a file.
pub fn parse(text: &str) -> DotEnv {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut found = DotEnv::default();
    let (mut rest, mut line) = (text.as_str(), 1);
    while !rest.is_empty() {
        let (this, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = this.trim();
        let mut next = after;
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            match assignment(this, rest) {
                Some((name, value, remaining)) => {
                    found.vars.push((name.to_owned(), value));
                    next = remaining;
                }
                None => found.unreadable_lines.push(line),
            }
        }
        let consumed = rest.len() - next.len();
        line += rest.get(..consumed).unwrap_or_default().matches('\n').count();
        rest = next;
    }
    found
}

/// Reads one assignment at the start of `rest`, whose first line is `line`. Gives name, value and what comes after.
fn assignment<'a>(line: &'a str, rest: &'a str) -> Option<(&'a str, String, &'a str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let name = name.strip_prefix("export ").map_or(name, str::trim_start);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(allowed) {
        return None;
    }
    let start = rest.len().checked_sub(rest.split_once('=')?.1.len())?;
    let value_text = rest.get(start..)?.trim_start_matches([' ', '\t']);
    if let Some(quote @ ('"' | '\'' | '`')) = value_text.chars().next()
        && let Some((inner, after)) = quoted(value_text, quote)
    {
        let value =
            if quote == '"' { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() };
        return Some((name, value, after.split_once('\n').map_or("", |(_, after)| after)));
    }
    let value = value.split('#').next().unwrap_or_default().trim().to_owned();
    Some((name, value, rest.split_once('\n').map_or("", |(_, after)| after)))
}

/// The text between the quote that `text` starts with and the next one that no backslash precedes.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let inner = text.get(1..)?;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        if c == quote && !escaped {
            return Some((inner.get(..at)?, inner.get(at + 1..)?));
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(text: &str) -> Vec<(String, String)> {
        parse(text).vars
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn values_are_read_as_everyone_writes_them() {
        let text = "# a comment\nA=1\n  B = two words  # why\nexport C='single # kept'\r\nD=\"x\\ny\"\nE=`back 'tick'`\nF=\nG=a=b\n\nH=\"say \\\"hi\\\"\"";
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "single # kept"),
            ("D", "x\ny"),
            ("E", "back 'tick'"),
            ("F", ""),
            ("G", "a=b"),
            ("H", "say \\\"hi\\\""),
        ];
        assert_eq!(vars(text), expected.map(|(name, value)| pair(name, value)));
    }

    #[test]
    fn a_key_in_quotes_may_span_lines() {
        let text = "KEY=\"-----BEGIN\nabc\n-----END\"\nNEXT=1";
        assert_eq!(vars(text), [pair("KEY", "-----BEGIN\nabc\n-----END"), pair("NEXT", "1")]);
    }

    #[test]
    fn an_open_quote_ends_with_its_line() {
        assert_eq!(vars("A='open\nB=2"), [pair("A", "'open"), pair("B", "2")]);
    }

    #[test]
    fn a_line_that_says_nothing_is_reported_by_its_number() {
        let found = parse("A=\"1\n2\"\nnonsense\nbad name=1\n=x\nB=2");
        assert_eq!(found.unreadable_lines, [3, 4, 5]);
        assert_eq!(found.vars.len(), 2);
    }

    #[test]
    fn any_text_is_survived() {
        for text in ["", "=", "\n=\n", "A='", "A=\"\\", "\u{feff}A=1", "ü=1", "A=ü\"", "export =", "A=''x"]
        {
            parse(text);
        }
    }
}
