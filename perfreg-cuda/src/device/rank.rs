//! Which of several processes of one job this is, and so which device is its own.

use crate::error::{Error, Result};

/// The place of this process among those of its job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Rank {
    /// Its number, counted from 0.
    pub rank: usize,
    /// How many processes there are.
    pub world: usize,
    /// Its number among those of this machine, if the launcher tells it.
    pub local: Option<usize>,
}

/// What launchers call them: torchrun, Open MPI, Slurm.
const RANK: [&str; 3] = ["RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID"];
const WORLD: [&str; 3] = ["WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_NTASKS"];
const LOCAL: [&str; 3] = ["LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID"];

impl Rank {
    /// As the environment tells it; a process of its own is number 0 of 1.
    ///
    /// # Errors
    /// [`Error::is_argument`] with the variable that is no number, or with a rank that is not below the
    /// number of processes.
    pub fn from_env() -> Result<Self> {
        Self::told_by(|name| std::env::var(name).ok())
    }

    fn told_by(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let number = |names: [&'static str; 3]| {
            let told = names.into_iter().find_map(|name| Some((name, variable(name)?)));
            let Some((name, value)) = told else { return Ok(None) };
            let number = value.trim().parse::<usize>();
            let found = number.map(|number| Some((name, number)));
            found.map_err(|_| Error::argument(name, format!("`{value}` is no number")))
        };
        let (rank, world) = (number(RANK)?, number(WORLD)?.map_or(1, |(_, world)| world));
        if let Some((name, rank)) = rank
            && rank >= world
        {
            let message = format!("{rank} of {world} processes, counted from 0");
            return Err(Error::argument(name, message));
        }
        let rank = rank.map_or(0, |(_, rank)| rank);
        Ok(Self { rank, world, local: number(LOCAL)?.map(|(_, local)| local) })
    }

    /// The device of this process on a machine with so many: by its number here, else by its number in the
    /// job, dealt out in turns.
    pub fn device_of(&self, devices: usize) -> usize {
        self.local.unwrap_or(self.rank % devices.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Rank;

    #[test]
    fn a_process_knows_its_place_and_its_device() {
        let check = |told: &[(&str, &str)], expected: Result<(usize, usize, usize), &str>| {
            let variable = |name: &str| {
                told.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
            };
            let found = Rank::told_by(variable).map(|one| (one.rank, one.world, one.device_of(4)));
            assert_eq!(found.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
        };
        check(&[], Ok((0, 1, 0)));
        check(&[("RANK", "6"), ("WORLD_SIZE", "8")], Ok((6, 8, 2)));
        check(&[("RANK", "6"), ("WORLD_SIZE", "8"), ("LOCAL_RANK", "3")], Ok((6, 8, 3)));
        check(
            &[("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2"), ("SLURM_LOCALID", "0")],
            Ok((1, 2, 0)),
        );
        check(&[("RANK", "x"), ("WORLD_SIZE", "8")], Err("RANK: `x` is no number"));
        check(&[("RANK", "8"), ("WORLD_SIZE", "8")], Err("RANK: 8 of 8 processes, counted from 0"));
        check(&[("LOCAL_RANK", "-1")], Err("LOCAL_RANK: `-1` is no number"));
    }
}
