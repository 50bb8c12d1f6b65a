//! The lines of a file that are more than blanks and comments, within its limits.

use super::Problem;

/// Lines of one file that are looked at. More than all rules together have, so that it is the end of nonsense only.
pub(super) const LINES_MAX: usize = 10_000;

/// How much of a file is read.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) file_bytes_max: usize,
    pub(super) line_chars_max: usize,
}

/// A line, or why it does not hold.
pub(super) struct Line<'t> {
    /// Counted from 1.
    pub(super) number: usize,
    /// Without the blanks around it.
    pub(super) text: Result<&'t str, Problem>,
}

/// The lines of a file. One whose problem ends the file is followed by no other that holds.
pub(super) fn lines(text: &str, bounds: Bounds) -> impl Iterator<Item = Line<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = text.len() <= bounds.file_bytes_max;
    // The last line is left out where the file is cut, since half a path is another path.
    let kept = text
        .split_at_checked(text.floor_char_boundary(bounds.file_bytes_max))
        .filter(|_| !whole)
        .map_or(text, |(kept, _)| kept.rsplit_once('\n').map_or("", |(lines, _)| lines));
    let cut = (!whole).then(|| {
        let number = kept.split('\n').count() + 1;
        Line { number, text: Err(Problem::FileTooLong { bytes_max: bounds.file_bytes_max }) }
    });
    kept.split('\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with('#')
        })
        .enumerate()
        .map(move |(index, (number, line))| Line { number, text: check(line, index, bounds) })
        .chain(cut)
}

fn check(line: &str, index: usize, bounds: Bounds) -> Result<&str, Problem> {
    if index >= LINES_MAX {
        return Err(Problem::TooManyLines { max: LINES_MAX });
    }
    // The spaces count (Cloudflare's documentation of `_headers`), the line break does not.
    if line.trim_end_matches('\r').chars().nth(bounds.line_chars_max).is_some() {
        return Err(Problem::LineTooLong { chars_max: bounds.line_chars_max });
    }
    Ok(line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { file_bytes_max: 40, line_chars_max: 10 };

    fn read(text: &str) -> Vec<(usize, Result<&str, Problem>)> {
        lines(text, BOUNDS).map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn blanks_and_comments_are_no_lines_but_count_as_such() {
        assert_eq!(read("\u{feff}a\r\n\n  # b\r\n \t\n\t c d \t\n"), [(1, Ok("a")), (5, Ok("c d"))]);
        assert_eq!(read(""), []);
        assert_eq!(read("# a comment that is longer than a line"), []);
    }

    #[test]
    fn a_line_is_read_at_its_bound_and_not_one_past_it() {
        let long = Err(Problem::LineTooLong { chars_max: 10 });
        assert_eq!(read("0123456789\r\né123456789"), [(1, Ok("0123456789")), (2, Ok("é123456789"))]);
        assert_eq!(read("01234567890\n  234567  "), [(1, long), (2, Ok("234567"))]);
        assert_eq!(read("  234567   "), [(1, long)]);
    }

    #[test]
    fn a_file_is_read_up_to_its_bound_and_never_in_the_middle_of_a_line() {
        let cut = Err(Problem::FileTooLong { bytes_max: 40 });
        let line = "0123456\n";
        assert_eq!(read(&line.repeat(5)).len(), 5);
        assert_eq!(read(&format!("{}é", line.repeat(5))).last(), Some(&(6, cut)));
        assert_eq!(
            read(&format!("{}012345é\n", line.repeat(4))),
            [(1, Ok("0123456")), (2, Ok("0123456")), (3, Ok("0123456")), (4, Ok("0123456")), (5, cut)]
        );
        assert_eq!(read(&"é".repeat(30)), [(2, cut)]);
    }

    #[test]
    fn nonsense_comes_to_an_end() {
        let bounds = Bounds { file_bytes_max: usize::MAX, line_chars_max: 10 };
        let text = "# x\n".to_owned() + &"x\n".repeat(LINES_MAX + 5);
        let first = lines(&text, bounds).find(|line| line.text.is_err()).unwrap();
        assert_eq!(
            (first.number, first.text),
            (LINES_MAX + 2, Err(Problem::TooManyLines { max: LINES_MAX }))
        );
    }
}
