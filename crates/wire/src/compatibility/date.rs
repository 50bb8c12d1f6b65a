//! Days of the calendar, in UTC.

use std::{fmt, str::FromStr};

/// A day. Of two days the later one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day of the calendar like 2026-01-31 was expected")]
pub struct InvalidDate;

impl Date {
    /// The last day that can be written down.
    pub const MAX: Self = Self { year: 9_999, month: 12, day: 31 };
}

impl FromStr for Date {
    type Err = InvalidDate;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return Err(InvalidDate) };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u16, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0')).ok_or(InvalidDate)
            })
        };
        let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return Err(InvalidDate),
        };
        if !(1..=days).contains(&day) {
            return Err(InvalidDate);
        }
        let small = |number: u16| u8::try_from(number).map_err(|_| InvalidDate);
        Ok(Self { year, month: small(month)?, day: small(day)? })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for day in ["2026-01-31", "2024-02-29", "2000-02-29", "0001-12-01", "9999-12-31"] {
            assert_eq!(day.parse::<Date>().unwrap().to_string(), day);
        }
        for none in
            ["", "soon", "2026-1-31", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31"]
        {
            assert_eq!(none.parse::<Date>(), Err(InvalidDate), "{none}");
        }
        for none in ["2026-01-31 ", "+026-01-31", "2026/01/31", "２026-01-31", "2026-01-00", "12026-01-31"] {
            assert_eq!(none.parse::<Date>(), Err(InvalidDate), "{none}");
        }
    }

    #[test]
    fn days_are_in_order() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert!(day("2025-12-31") < day("2026-01-01") && day("2026-01-09") < day("2026-01-10"));
        assert!(day("2026-09-30") < day("2026-10-01") && day("9999-12-31") == Date::MAX);
    }
}
