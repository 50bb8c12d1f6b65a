//! Whether cron expressions are ones, before anything is sent: a node that says no says it when the version serves already.
//!
//! The rule is the node's (`mote_host::cron`); that both say the same is tested from outside.

use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds, Year};

/// The most characters of an expression.
const CRON_CHARS_MAX: usize = 200;
/// The most of them that a worker has.
pub(super) const CRONS_MAX: usize = 100;

/// What is wrong with an expression, if anything is.
pub(super) fn mistake(expression: &str) -> Option<String> {
    if expression.len() > CRON_CHARS_MAX {
        return Some(format!("a cron expression has up to {CRON_CHARS_MAX} characters"));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .alternative_weekdays(true)
        .build();
    let cron = match parser.parse(expression) {
        Ok(cron) => cron,
        Err(error) => return Some(format!("`{expression}` is no cron expression: {error}")),
    };
    let never = cron.find_next_occurrence(&DateTime::<Utc>::UNIX_EPOCH, false).is_err();
    never.then(|| format!("`{expression}` is never due"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_a_node_would_refuse_is_a_mistake() {
        for right in ["* * * * *", "*/5 0 1 JAN MON", "0 0 L * *", "30 12 * * 1-5"] {
            assert_eq!(mistake(right), None, "{right}");
        }
        let long = "* ".repeat(200);
        for wrong in ["", "* * *", "* * * * * *", "60 * * * *", "0 0 30 2 *", "every day", &long] {
            assert!(mistake(wrong).is_some(), "{wrong}");
        }
    }
}
