//! A part of the tests, for one of several machines: the same part wherever and whenever it is asked
//! for.

use std::fmt;
use std::str::FromStr;

use perfreg_core::TestId;
use sha2::{Digest as _, Sha256};

/// One of so many parts, the first of which is 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// Whether the test belongs to this part. Its name alone says so: a new test moves no other.
    pub(crate) fn holds(self, id: &TestId) -> bool {
        let name = format!("{}::{id}", id.package);
        let digest = Sha256::digest(name.as_bytes());
        let first = digest.first_chunk().expect("a digest has 32 bytes");
        u64::from_be_bytes(*first) % self.of == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, of) = text
            .split_once('/')
            .and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)))
            .ok_or(
                "a shard is written as its number and how many there are, such as 1/4".to_owned(),
            )?;
        match number {
            1.. if number <= of => Ok(Self { number, of }),
            _ => Err(format!("there is no shard {number} of {of}; the first is 1/{of}")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::TestId;
    use proptest::prelude::*;

    use super::Shard;

    #[test]
    fn shards_are_numbered_from_one() {
        let check =
            |text: &str, expected: Result<&str, &str>| match (text.parse::<Shard>(), expected) {
                (Ok(shard), Ok(expected)) => assert_eq!(shard.to_string(), expected),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (found, expected) => panic!("{text}: {found:?} is not {expected:?}"),
            };
        check("1/1", Ok("1/1"));
        check("2/3", Ok("2/3"));
        check("0/3", Err("no shard 0 of 3; the first is 1/3"));
        check("4/3", Err("no shard 4 of 3"));
        check("1/0", Err("no shard 1 of 0"));
        for text in ["", "1", "/", "1/", "a/b", "-1/3", "1/3/5", "hash:1/2"] {
            check(text, Err("such as 1/4"));
        }
    }

    #[test]
    fn a_test_stays_where_it_is() {
        let check = |test: &str, expected: &str| {
            let id = TestId::new("app", "perf", test);
            let shards: Vec<_> = ["1/3", "2/3", "3/3"]
                .into_iter()
                .filter(|shard| shard.parse::<Shard>().unwrap().holds(&id))
                .collect();
            assert_eq!(shards, [expected], "{test}");
        };
        check("sort", "3/3");
        check("parse", "1/3");
        check("checksum", "1/3");
        check("module::sort", "3/3");
    }

    proptest! {
        #[test]
        fn every_test_is_in_one_shard(test in "[a-z:]{0,20}", of in 1u64..20) {
            let id = TestId::new("app", "perf", &test);
            let holding = (1..=of).filter(|number| Shard { number: *number, of }.holds(&id));
            prop_assert_eq!(holding.count(), 1);
        }
    }
}
