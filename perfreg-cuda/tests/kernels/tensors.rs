//! Random tensors, in the bytes that kernels read, and the reference's answer to them.

use half::{bf16, f16};
use perfreg_cuda::attention::{
    Element, Gradients, Inputs, Mixing, Output, Problem, backward, forward,
};

/// Queries, keys, values and the gradient of an output, rounded to the problem's type.
pub(crate) struct Tensors {
    pub(crate) queries: Vec<f64>,
    pub(crate) keys: Vec<f64>,
    pub(crate) values: Vec<f64>,
    pub(crate) upstream: Vec<f64>,
}

impl Tensors {
    /// Roughly normal numbers, the same for the same seed.
    pub(crate) fn random(problem: &Problem, seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let element = problem.element();
        let mut tensor = || {
            let numbers = 0..problem.shape().elements();
            numbers.map(|_| decode_one(element, &encode_one(element, random.normal()))).collect()
        };
        Self { queries: tensor(), keys: tensor(), values: tensor(), upstream: tensor() }
    }

    pub(crate) fn inputs(&self) -> Inputs<'_> {
        Inputs { queries: &self.queries, keys: &self.keys, values: &self.values }
    }

    /// What the definition says.
    pub(crate) fn expected(&self, problem: &Problem) -> Output {
        forward(problem, self.inputs()).unwrap()
    }

    /// The gradients by the definition.
    pub(crate) fn expected_gradients(&self, problem: &Problem, mixing: Mixing) -> Gradients {
        backward(problem, self.inputs(), &self.upstream, mixing).unwrap()
    }
}

/// A tensor's bytes.
pub(crate) fn encode(element: Element, numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| encode_one(element, *number)).collect()
}

/// The numbers of a tensor's bytes.
pub(crate) fn decode(element: Element, bytes: &[u8]) -> Vec<f64> {
    let width = usize::try_from(element.bytes()).unwrap();
    bytes.chunks_exact(width).map(|bytes| decode_one(element, bytes)).collect()
}

/// The norm of the difference as a share of the norm.
pub(crate) fn relative_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let far = found.iter().zip(expected).map(|(found, expected)| (found - expected).powi(2));
    let norm = expected.iter().map(|expected| expected.powi(2));
    (far.sum::<f64>() / norm.sum::<f64>()).sqrt()
}

/// The largest difference; two equal infinities differ by nothing.
pub(crate) fn largest_difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let far = found.iter().zip(expected).map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() });
    // `max` would drop what is no number.
    far.fold(0.0, |largest, far| if far <= largest { largest } else { far })
}

fn encode_one(element: Element, number: f64) -> Vec<u8> {
    let number = number as f32;
    match element {
        Element::F32 => number.to_le_bytes().to_vec(),
        Element::F16 => f16::from_f32(number).to_le_bytes().to_vec(),
        Element::Bf16 => bf16::from_f32(number).to_le_bytes().to_vec(),
    }
}

fn decode_one(element: Element, bytes: &[u8]) -> f64 {
    match element {
        Element::F32 => f32::from_le_bytes(bytes.try_into().unwrap()).into(),
        Element::F16 => f16::from_le_bytes(bytes.try_into().unwrap()).to_f32().into(),
        Element::Bf16 => bf16::from_le_bytes(bytes.try_into().unwrap()).to_f32().into(),
    }
}

/// Xorshift, by Marsaglia (2003), with a multiplication.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The sum of twelve, less six: mean 0, deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}
