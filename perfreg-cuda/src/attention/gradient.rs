//! The gradients of dilated attention on the CPU in `f64`, written from the definition.
//!
//! With the weights `P` of one pattern's softmax, the pattern's share `a` and output `O_i`, and the
//! mixed output `O`, the gradient of a score is `a P (dO·v - dO·O_i)` by way of the pattern's output
//! and `a P (dO·O_i - dO·O)` by way of its share.

use super::problem::Problem;
use super::reference::{
    Inputs, Mixed, Partial, Softmax, add_scaled, check_size, dot, for_each_query, row, row_mut,
};
use crate::error::Result;

/// Whether the patterns' shares count as constants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Mixing {
    /// The shares depend on the scores: the gradient of what is computed.
    Exact,
    /// The shares are constants, as in implementations that compute them without gradients.
    Detached,
}

/// The gradients of queries, keys and values, in the order of the inputs.
#[derive(Clone, PartialEq, Debug)]
pub struct Gradients {
    /// Of the queries.
    pub queries: Vec<f64>,
    /// Of the keys.
    pub keys: Vec<f64>,
    /// Of the values.
    pub values: Vec<f64>,
}

/// The gradients of `sum(output * upstream)`.
///
/// # Errors
/// [`crate::Error::is_argument`] if a tensor has another size than the problem.
pub fn backward(
    problem: &Problem,
    inputs: Inputs<'_>,
    upstream: &[f64],
    mixing: Mixing,
) -> Result<Gradients> {
    inputs.check(problem)?;
    check_size("upstream", upstream, problem)?;
    let (shape, scale) = (problem.shape(), f64::from(problem.scale()));
    let mixed = Mixed::new(problem, Partial::all(problem, inputs));
    let zeros = vec![0.0; upstream.len()];
    let mut found = Gradients { queries: zeros.clone(), keys: zeros.clone(), values: zeros };
    for (index, partial) in mixed.partials.iter().enumerate() {
        for_each_query(problem, index, |query, keys| {
            let softmax = Softmax::of(problem, inputs, query, keys);
            let share = mixed.shares[index][query];
            let incoming = row(upstream, query, shape);
            let of_pattern = dot(incoming, row(&partial.output, query, shape));
            let by_share = match mixing {
                Mixing::Exact => of_pattern - dot(incoming, row(&mixed.output, query, shape)),
                Mixing::Detached => 0.0,
            };
            for (key, weight) in keys.iter().zip(&softmax.weights) {
                let of_value = dot(incoming, row(inputs.values, *key, shape));
                let score = scale * share * weight * (of_value - of_pattern + by_share);
                let key_row = row(inputs.keys, *key, shape);
                add_scaled(row_mut(&mut found.queries, query, shape), score, key_row);
                let query_row = row(inputs.queries, query, shape);
                add_scaled(row_mut(&mut found.keys, *key, shape), score, query_row);
                add_scaled(row_mut(&mut found.values, *key, shape), share * weight, incoming);
            }
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Mixing, backward};
    use crate::attention::reference::{Inputs, Mixed, Partial, dot, mix};
    use crate::attention::testing::{Tensors, problems};

    /// Central differences of `sum(output * upstream)` in some coordinates of each tensor.
    #[test]
    fn gradients_are_those_of_finite_differences() {
        for problem in problems() {
            for mixing in [Mixing::Exact, Mixing::Detached] {
                let tensors = Tensors::random(&problem, 5);
                let shares = Mixed::new(&problem, Partial::all(&problem, tensors.inputs())).shares;
                let loss = |inputs: Inputs<'_>| {
                    let partials = Partial::all(&problem, inputs);
                    let output = match mixing {
                        Mixing::Exact => Mixed::new(&problem, partials).output,
                        Mixing::Detached => mix(problem.shape(), &partials, &shares),
                    };
                    dot(&output, &tensors.upstream)
                };
                let found = backward(&problem, tensors.inputs(), &tensors.upstream, mixing);
                let found = found.unwrap();
                for (which, found) in [found.queries, found.keys, found.values].iter().enumerate() {
                    for at in (which..found.len()).step_by(found.len() / 12) {
                        let beside = |step: f64| {
                            let mut moved = tensors.clone();
                            moved.tensor_mut(which)[at] += step;
                            loss(moved.inputs())
                        };
                        let step = 1e-5;
                        let slope = (beside(step) - beside(-step)) / (2.0 * step);
                        let far = (slope - found[at]).abs();
                        assert!(far <= 1e-7, "{which} at {at}: {slope} {} {problem:?}", found[at]);
                    }
                }
            }
        }
    }

    #[test]
    fn detached_mixing_is_another_gradient() {
        let problem = &problems()[0];
        let tensors = Tensors::random(problem, 6);
        let found =
            |mixing| backward(problem, tensors.inputs(), &tensors.upstream, mixing).unwrap();
        let (exact, detached) = (found(Mixing::Exact), found(Mixing::Detached));
        assert_eq!(exact.values, detached.values);
        assert_ne!(exact.queries, detached.queries);
    }

    #[test]
    fn tensors_of_another_size_are_named() {
        let problem = &problems()[0];
        let tensors = Tensors::random(problem, 6);
        let error = backward(problem, tensors.inputs(), &[0.0; 3], Mixing::Exact).unwrap_err();
        assert!(error.is_argument());
        assert!(error.to_string().starts_with("upstream: 3 numbers where"), "{error}");
    }
}
