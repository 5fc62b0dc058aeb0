//! Machines that never were: noise as it was seen on real ones, one kind at a time and mixed.

use fastrand::Rng;
use perfreg_core::judge::Pair;
use perfreg_core::stats::{quantile_sorted, sorted, winsorised_mean_sorted};

/// A kind of noise. All sizes are standard deviations of logarithms, or shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    /// Its name in the tables.
    pub(crate) name: &'static str,
    /// What it is like.
    pub(crate) about: &'static str,
    /// From sample to sample.
    sample: f64,
    /// How much of a sample's noise the next one keeps.
    kept: f64,
    /// Whether samples err upwards only, with a long tail.
    skewed: Skew,
    /// Half of the samples are so much slower.
    mode_of_samples: f64,
    /// From launch to launch.
    launch: f64,
    /// Three launches in ten are so much slower.
    mode_of_launches: f64,
    /// Of the machine, from minute to minute.
    drift: f64,
    /// Samples that something interrupts.
    spikes: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Skew {
    Symmetric,
    Upwards,
}

impl Noise {
    /// Which of the kinds it is, for seeds.
    pub(crate) fn number(&self) -> u64 {
        MODELS.iter().position(|noise| noise.name == self.name).map_or(0, |at| at as u64)
    }
}

const QUIET: Noise = Noise {
    name: "S1",
    about: "quiet: samples vary by 0.5 %",
    sample: 0.005,
    kept: 0.0,
    skewed: Skew::Symmetric,
    mode_of_samples: 0.0,
    launch: 0.0,
    mode_of_launches: 0.0,
    drift: 0.0,
    spikes: 0.0,
};

/// All kinds.
pub(crate) const MODELS: [Noise; 10] = [
    QUIET,
    Noise { name: "S2", about: "samples vary by 3 %", sample: 0.03, ..QUIET },
    Noise {
        name: "S3",
        about: "samples err upwards, 3 % on average",
        sample: 0.03,
        skewed: Skew::Upwards,
        ..QUIET
    },
    Noise {
        name: "S4",
        about: "half of the samples are 4 % slower",
        mode_of_samples: 0.04,
        ..QUIET
    },
    Noise {
        name: "S5",
        about: "samples vary by 2 %, each like the one before",
        sample: 0.02,
        kept: 0.8,
        ..QUIET
    },
    Noise { name: "S6", about: "launches vary by 1 %", launch: 0.01, ..QUIET },
    Noise {
        name: "S7",
        about: "three launches in ten are 3 % slower",
        mode_of_launches: 0.03,
        ..QUIET
    },
    Noise { name: "S8", about: "the machine drifts by 2 %", drift: 0.02, ..QUIET },
    Noise {
        name: "S9",
        about: "launches 1 %, drift 2 %, 15 % of the samples interrupted",
        launch: 0.01,
        drift: 0.02,
        spikes: 0.15,
        ..QUIET
    },
    Noise {
        name: "S10",
        about: "launches 3 %, drift 5 %, 20 % of the samples interrupted",
        launch: 0.03,
        drift: 0.05,
        spikes: 0.20,
        ..QUIET
    },
];

/// Samples of a launch.
const SAMPLES: usize = 20;

/// A machine with this noise, as it runs.
pub(crate) struct Machine {
    noise: Noise,
    rng: Rng,
    drifted: f64,
}

/// What one launch amounts to, as logarithms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launched {
    pub(crate) location: f64,
    pub(crate) mean: f64,
}

impl Machine {
    /// The machine with this noise and seed.
    pub(crate) fn new(noise: Noise, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let drifted = noise.drift * normal(&mut rng);
        Self { noise, rng, drifted }
    }

    /// A launch of work that takes `factor` times as long as it should.
    pub(crate) fn launch(&mut self, factor: f64) -> Launched {
        let Self { noise, rng, drifted } = self;
        // Two launches follow each other within a second; the machine changes over minutes.
        const KEPT: f64 = 0.95;
        *drifted = KEPT * *drifted + (1.0 - KEPT * KEPT).sqrt() * noise.drift * normal(rng);
        let slow_launch = if rng.f64() < 0.3 { noise.mode_of_launches } else { 0.0 };
        let of_launch = factor.ln() + *drifted + noise.launch * normal(rng) + slow_launch;
        let mut before = normal(rng);
        let mut samples = Vec::with_capacity(SAMPLES);
        for _ in 0..SAMPLES {
            let fresh = match noise.skewed {
                Skew::Symmetric => normal(rng),
                Skew::Upwards => -(1.0 - rng.f64()).ln(),
            };
            before = noise.kept * before + (1.0 - noise.kept * noise.kept).sqrt() * fresh;
            let slow = if rng.bool() { noise.mode_of_samples } else { 0.0 };
            // After Pareto: most interruptions are short, some take many times the sample.
            let spike = match rng.f64() < noise.spikes {
                true => 0.05 * (1.0 - rng.f64()).powf(-1.0 / 1.5),
                false => 0.0,
            };
            samples.push((of_launch + noise.sample * before + slow).exp() * (1.0 + spike));
        }
        let samples = sorted(&samples);
        // Interrupted samples show in the kernel's counts, whatever the result is.
        let location = if noise.spikes > 0.1 { 0.10 } else { 0.50 };
        Launched {
            location: quantile_sorted(&samples, location).ln(),
            mean: winsorised_mean_sorted(&samples, 0.01).ln(),
        }
    }

    /// A round: both sides one after the other, in an order that is drawn.
    pub(crate) fn round(&mut self, factor: f64) -> Pair {
        let current_first = self.rng.bool();
        let (one, other) = if current_first { (factor, 1.0) } else { (1.0, factor) };
        let (one, other) = (self.launch(one), self.launch(other));
        let (now, then) = if current_first { (one, other) } else { (other, one) };
        Pair { location: now.location - then.location, mean: Some(now.mean - then.mean) }
    }
}

/// After Box and Muller (1958).
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}
