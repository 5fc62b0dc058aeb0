//! The command line: which parts, and how much of each.

use std::time::Duration;

/// What is evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Synthetic,
    Recorded,
    Live,
    Rebuilt,
}

impl Part {
    const ALL: [Part; 4] = [Part::Synthetic, Part::Recorded, Part::Live, Part::Rebuilt];

    /// As it is written on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Synthetic => "synthetic",
            Part::Recorded => "recorded",
            Part::Live => "live",
            Part::Rebuilt => "rebuilt",
        }
    }
}

/// How much of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extent {
    /// As much as error rates of 0.1 % need.
    Full,
    /// A fifteenth or less, to see that it works. The parts that measure go by the clock alone.
    Quick,
}

/// Whether the evaluation keeps the machine busy while it measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Surroundings {
    /// As the machine is.
    AsFound,
    /// A spinning process for every core.
    Busy,
}

/// The whole command line.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Arguments {
    pub(crate) parts: Vec<Part>,
    pub(crate) extent: Extent,
    pub(crate) surroundings: Surroundings,
    pub(crate) seed: u64,
    /// For each of the parts that measure.
    pub(crate) time: Duration,
    /// Procedures of the live part; empty means all.
    pub(crate) tools: Vec<String>,
    /// How often code is checked that was not slowed down.
    pub(crate) unchanged: Unchanged,
}

/// The share of unchanged code in the live part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unchanged {
    /// Three checks in seven.
    Often,
    /// Every check: to count false alarms.
    Always,
}

/// What it understands.
pub(crate) const USAGE: &str = "\
usage: perfreg-evaluation [synthetic] [recorded] [live] [rebuilt]
           [--quick] [--busy] [--unchanged] [--seed N] [--minutes N] [--tools NAME,NAME]

Without words: synthetic and recorded. --minutes bounds the live and the rebuilt part (10).
--tools picks procedures of the live part by the beginnings of their names, and --unchanged slows
nothing down there, to count false alarms alone.";

/// Reads the words after the program's name.
///
/// # Errors
/// In words, if they are not understood.
pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        parts: Vec::new(),
        extent: Extent::Full,
        surroundings: Surroundings::AsFound,
        seed: 1,
        time: Duration::from_secs(600),
        tools: Vec::new(),
        unchanged: Unchanged::Often,
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--quick" => arguments.extent = Extent::Quick,
            "--unchanged" => arguments.unchanged = Unchanged::Always,
            "--busy" => arguments.surroundings = Surroundings::Busy,
            "--seed" => arguments.seed = number(&word, &value()?)?,
            "--minutes" => arguments.time = minutes(&value()?)?,
            "--tools" => arguments.tools = value()?.split(',').map(str::to_owned).collect(),
            name => match Part::ALL.into_iter().find(|part| part.name() == name) {
                Some(part) if !arguments.parts.contains(&part) => arguments.parts.push(part),
                Some(_) => {}
                None => return Err(format!("{name:?} is no part and no option")),
            },
        }
    }
    if arguments.parts.is_empty() {
        arguments.parts = vec![Part::Synthetic, Part::Recorded];
    }
    Ok(arguments)
}

fn number(word: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{word} {value:?} is not a whole number"))
}

fn minutes(value: &str) -> Result<Duration, String> {
    match value.parse::<f64>() {
        Ok(minutes) if minutes > 0.0 && minutes <= 7.0 * 24.0 * 60.0 => {
            Ok(Duration::from_secs_f64(minutes * 60.0))
        }
        _ => Err(format!("--minutes {value:?} is not a number of minutes up to a week")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Extent, Part, Surroundings, Unchanged, read};

    fn words(line: &str) -> impl Iterator<Item = String> {
        line.split_whitespace().map(str::to_owned)
    }

    #[test]
    fn parts_and_options_in_any_order() {
        let plain = read(words("")).unwrap();
        assert_eq!(plain.parts, [Part::Synthetic, Part::Recorded]);
        assert_eq!((plain.extent, plain.seed), (Extent::Full, 1));
        let all = read(words("--quick live --seed 7 rebuilt live --minutes 0.5 --busy")).unwrap();
        assert_eq!(all.parts, [Part::Live, Part::Rebuilt]);
        assert_eq!((all.extent, all.seed), (Extent::Quick, 7));
        assert_eq!((all.surroundings, all.time), (Surroundings::Busy, Duration::from_secs(30)));
        let some = read(words("live --tools perfreg,divan --unchanged")).unwrap();
        assert_eq!(some.tools, ["perfreg", "divan"]);
        assert_eq!((all.unchanged, some.unchanged), (Unchanged::Often, Unchanged::Always));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let check = |line: &str, part: &str| {
            let error = read(words(line)).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        };
        check("lively", "\"lively\" is no part and no option");
        check("--seed", "--seed needs a value");
        check("--seed one", "--seed \"one\" is not a whole number");
        check("--minutes 0", "--minutes \"0\"");
        check("--minutes NaN", "--minutes \"NaN\"");
    }
}
