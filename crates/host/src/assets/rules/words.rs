//! Text with placeholders: how one is recognized, and how values are put in their places.

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// What stands for itself; never two in a row.
    Text(&'t str),
    /// `:name`, without its colon: a letter, and then letters, digits and underscores, as many as there are.
    Name(&'t str),
    /// `*`
    Splat,
}

/// The pieces of a text.
pub(super) struct Tokens<'t>(pub(super) &'t str);

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        if let Some(rest) = self.0.strip_prefix('*') {
            self.0 = rest;
            return Some(Token::Splat);
        }
        if begins_name(self.0) {
            let name = self.0.strip_prefix(':')?;
            let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
            let (name, rest) = name.split_at_checked(end)?;
            self.0 = rest;
            return Some(Token::Name(name));
        }
        let end =
            self.0.char_indices().find(|(at, c)| *c == '*' || self.0.get(*at..).is_some_and(begins_name));
        let (text, rest) = self.0.split_at_checked(end.map_or(self.0.len(), |(at, _)| at))?;
        self.0 = rest;
        (!text.is_empty()).then_some(Token::Text(text))
    }
}

fn begins_name(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// A text into which values are put. It is taken apart once, so that a value is never searched for placeholders.
#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    /// The value with this index.
    Value(usize),
}

impl Template {
    /// Takes a text apart. Placeholders with other names stand for themselves.
    pub(super) fn new(text: &str, names: &[String]) -> Self {
        let index = |name: &str| names.iter().position(|own| own == name);
        let part = |token| match token {
            Token::Text(text) => Part::Text(text.to_owned()),
            Token::Splat => Part::Text("*".to_owned()),
            Token::Name(name) => index(name).map_or_else(|| Part::Text(format!(":{name}")), Part::Value),
        };
        Self(Tokens(text).map(part).collect())
    }

    /// Whether it has places for values.
    pub(super) fn has_values(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Value(_)))
    }

    /// The text with these values; `None` if it would be longer than `bytes_max`.
    pub(super) fn fill(&self, values: &[&str], bytes_max: usize) -> Option<String> {
        let mut filled = String::new();
        for part in &self.0 {
            let text = match part {
                Part::Text(text) => text,
                Part::Value(index) => *values.get(*index)?,
            };
            if filled.len() + text.len() > bytes_max {
                return None;
            }
            filled.push_str(text);
        }
        Some(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, values: &[(&str, &str)]) -> String {
        let names: Vec<_> = values.iter().map(|(name, _)| (*name).to_owned()).collect();
        let values: Vec<_> = values.iter().map(|(_, value)| *value).collect();
        Template::new(text, &names).fill(&values, 100).unwrap()
    }

    #[test]
    fn a_name_begins_with_a_letter_and_is_as_long_as_it_can_be() {
        use Token::{Name, Splat, Text};
        let tokens = |text| Tokens(text).collect::<Vec<_>>();
        assert_eq!(
            tokens("/a:b_1-:C*x::d"),
            [Text("/a"), Name("b_1"), Text("-"), Name("C"), Splat, Text("x:"), Name("d")]
        );
        assert_eq!(tokens("https://h:80/:1:é:_:"), [Text("https://h:80/:1:é:_:")]);
        assert_eq!(tokens(":aé"), [Name("a"), Text("é")]);
        assert_eq!(tokens(""), []);
    }

    #[test]
    fn values_are_put_in_wherever_their_names_stand() {
        assert_eq!(filled("/:code/:name.jpg", &[("name", "tricycle"), ("code", "123")]), "/123/tricycle.jpg");
        assert_eq!(filled("</:v/a.js>, </:v/b.js>", &[("v", "js")]), "</js/a.js>, </js/b.js>");
        assert_eq!(filled("/:a/:ab/:b/*", &[("a", "1")]), "/1/:ab/:b/*");
    }

    #[test]
    fn a_value_is_never_searched_for_placeholders() {
        assert_eq!(filled("/:a/:b", &[("a", ":b"), ("b", ":a")]), "/:b/:a");
    }

    #[test]
    fn a_text_never_grows_past_its_bound() {
        let template = Template::new(&":a".repeat(500), &["a".to_owned()]);
        assert_eq!(template.fill(&["xx"], 1_000).map(|text| text.len()), Some(1_000));
        assert_eq!(template.fill(&["xx"], 999), None);
        assert_eq!(template.fill(&[&"x".repeat(1 << 20)], 1_000), None);
    }
}
