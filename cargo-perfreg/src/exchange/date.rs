//! Moments as other tools write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The moment as RFC 3339 in UTC, to the second; none if `text` is no date. Without a zone it is taken
/// for UTC.
pub(crate) fn of_text(text: &str) -> Option<String> {
    /// `2026-01-02T03:04:05`.
    const LENGTH: usize = 19;
    let moment = humantime::parse_rfc3339_weak(text.get(..LENGTH)?).ok()?;
    let rest = text[LENGTH..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let moment = match rest.trim() {
        "" | "Z" | "UTC" => moment,
        zone => {
            let (sign, offset) = zone.split_at_checked(1)?;
            let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
            let minutes: u64 = match digits.len() {
                4 => digits[..2].parse::<u64>().ok()? * 60 + digits[2..].parse::<u64>().ok()?,
                _ => return None,
            };
            let offset = Duration::from_secs(minutes * 60);
            match sign {
                "+" => moment.checked_sub(offset)?,
                "-" => moment.checked_add(offset)?,
                _ => return None,
            }
        }
    };
    of_moment(moment)
}

/// The moment so many milliseconds after the beginning of 1970.
pub(crate) fn of_millis(millis: f64) -> Option<String> {
    let since = (millis >= 0.0).then(|| Duration::from_millis(millis as u64))?;
    of_moment(UNIX_EPOCH.checked_add(since)?)
}

/// The moment as RFC 3339 in UTC, to the second; none before 1970 and after 9999.
pub(crate) fn of_moment(moment: SystemTime) -> Option<String> {
    /// The end of the year 9999, after which a date has more digits.
    const LAST: u64 = 253_402_300_799;
    let seconds = moment.duration_since(UNIX_EPOCH).ok()?.as_secs();
    (seconds <= LAST).then(|| {
        humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::{of_millis, of_text};

    #[test]
    fn dates_of_tools() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(of_text(text).as_deref(), expected, "{text}");
        };
        check("2015-08-15T00:04:18.687119+00:00", Some("2015-08-15T00:04:18Z"));
        check("2019-12-06T16:36:53+09:00", Some("2019-12-06T07:36:53Z"));
        check("2019-12-06T16:36:53-0130", Some("2019-12-06T18:06:53Z"));
        check("2019-11-29 21:26:59", Some("2019-11-29T21:26:59Z"));
        check("2025-06-26T16:52:19.784232", Some("2025-06-26T16:52:19Z"));
        check("2025-09-27T17:58:07Z", Some("2025-09-27T17:58:07Z"));
        check("2025-06-27-1601-UTC", None);
        check("dummy stamp", None);
        check("2019-12-06T16:36:53+9", None);
        check("1969-01-01T00:00:00Z", None);
        check("2019-12-06T16:36:5\u{fc}", None);
        assert_eq!(of_millis(1_574_927_127_603.0).as_deref(), Some("2019-11-28T07:45:27Z"));
        assert_eq!(of_millis(-1.0), None);
        assert_eq!(of_millis(f64::NAN), None);
        assert_eq!(of_millis(1e300), None);
    }
}
