//! Attention on a device: kernels are compiled and loaded once, and every launch's tensors checked.
#![expect(unsafe_code, reason = "a launch trusts its arguments, which are checked here")]

use super::arguments::{Addresses, arguments};
use super::element::Element;
use super::gradient::Mixing;
use super::plan::{DeviceLimits, Plan};
use super::problem::Problem;
use crate::device::{Function, Gpu, GpuKey, Grid, Stream, Tensor};
use crate::error::Result;

/// How attention is computed on a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum Implementation {
    /// In plain f32: right, and slow.
    Naive,
    /// Fused, on tensor cores, for every device since 8.0.
    Portable,
}

/// A problem's forward pass, ready to be launched.
#[derive(Debug)]
pub struct Forward {
    gpu: Gpu,
    problem: Problem,
    launch: Launch,
    lengths: Option<Tensor>,
}

/// The tensors of a forward pass.
#[derive(Debug)]
pub struct ForwardTensors<'a> {
    /// The queries.
    pub queries: &'a Tensor,
    /// The keys.
    pub keys: &'a Tensor,
    /// The values.
    pub values: &'a Tensor,
    /// Where the output goes.
    pub output: &'a mut Tensor,
    /// Where the log-sum-exp goes, f32.
    pub lse: &'a mut Tensor,
}

/// The tensors of either pass.
struct Common<'a> {
    queries: &'a Tensor,
    keys: &'a Tensor,
    values: &'a Tensor,
    output: &'a Tensor,
    lse: &'a Tensor,
}

impl Common<'_> {
    fn check(&self, problem: &Problem, gpu: &Gpu) -> Result<()> {
        check_rows("queries", self.queries, problem, gpu)?;
        check_rows("keys", self.keys, problem, gpu)?;
        check_rows("values", self.values, problem, gpu)?;
        check_rows("output", self.output, problem, gpu)?;
        self.lse.check("lse", F32.0, &lse_dims(problem), gpu)
    }

    fn addresses(&self, stream: &Stream, lengths: Option<&Tensor>) -> Addresses {
        Addresses {
            queries: self.queries.address(stream),
            keys: self.keys.address(stream),
            values: self.values.address(stream),
            output: self.output.address(stream),
            lse: self.lse.address(stream),
            lengths: lengths.map_or(0, |lengths| lengths.address(stream)),
            ..Addresses::default()
        }
    }
}

/// A plan with its kernel loaded.
#[derive(Debug)]
struct Launch {
    plan: Plan,
    function: Function,
}

impl Forward {
    /// Plans, compiles and loads.
    ///
    /// # Errors
    /// [`crate::Error::is_argument`] if the implementation has no kernel for the problem;
    /// [`crate::Error::is_compilation`] or [`crate::Error::is_driver`] if it cannot be compiled or
    /// loaded.
    pub fn new(gpu: &Gpu, problem: &Problem, implementation: Implementation) -> Result<Self> {
        let plan = match implementation {
            Implementation::Naive => Plan::naive_forward(problem)?,
            Implementation::Portable => Plan::portable_forward(problem, &limits(gpu.key()))?,
        };
        Ok(Self {
            gpu: gpu.clone(),
            problem: problem.clone(),
            launch: Launch::new(gpu, plan)?,
            lengths: lengths(gpu, problem)?,
        })
    }

    /// How it is launched.
    pub fn plan(&self) -> &Plan {
        &self.launch.plan
    }

    /// Hands one forward pass over to the stream.
    ///
    /// # Errors
    /// [`crate::Error::is_argument`] with the tensor's name if it has another shape or type than the
    /// problem, or lies on another device.
    pub fn launch(&self, stream: &Stream, tensors: &mut ForwardTensors<'_>) -> Result<()> {
        let ForwardTensors { queries, keys, values, output, lse } = tensors;
        let common = Common { queries, keys, values, output, lse };
        common.check(&self.problem, &self.gpu)?;
        let at = common.addresses(stream, self.lengths.as_ref());
        // SAFETY: every tensor was checked to be as large as the problem, lies on this device, and
        // waits for all work when it is dropped.
        unsafe { self.launch.on(stream, &self.problem, &at) }
    }
}

/// A problem's backward pass in plain f32, ready to be launched.
#[derive(Debug)]
pub struct Backward {
    gpu: Gpu,
    problem: Problem,
    passes: [Launch; 2],
    lengths: Option<Tensor>,
    /// What the first pass leaves to the second.
    deltas: Tensor,
}

/// The tensors of a backward pass.
#[derive(Debug)]
pub struct BackwardTensors<'a> {
    /// The queries.
    pub queries: &'a Tensor,
    /// The keys.
    pub keys: &'a Tensor,
    /// The values.
    pub values: &'a Tensor,
    /// The output of the forward pass.
    pub output: &'a Tensor,
    /// The log-sum-exp of the forward pass, f32.
    pub lse: &'a Tensor,
    /// The gradient of the output.
    pub upstream: &'a Tensor,
    /// Where the gradients of the queries go.
    pub query_gradients: &'a mut Tensor,
    /// Where the gradients of the keys go.
    pub key_gradients: &'a mut Tensor,
    /// Where the gradients of the values go.
    pub value_gradients: &'a mut Tensor,
}

impl Backward {
    /// Plans, compiles, loads, and allocates what one pass leaves to the other.
    ///
    /// # Errors
    /// As for [`Forward::new`].
    pub fn new(gpu: &Gpu, problem: &Problem, mixing: Mixing) -> Result<Self> {
        let [queries, keys] = Plan::naive_backward(problem, mixing)?;
        let patterns = problem.patterns().len() as u32;
        let [batch, heads, seq_len] = lse_dims(problem);
        let deltas = [patterns, batch, heads, seq_len];
        Ok(Self {
            gpu: gpu.clone(),
            problem: problem.clone(),
            passes: [Launch::new(gpu, queries)?, Launch::new(gpu, keys)?],
            lengths: lengths(gpu, problem)?,
            deltas: Tensor::poisoned(gpu, &gpu.stream()?, F32, &deltas)?,
        })
    }

    /// Hands one backward pass over to the stream.
    ///
    /// # Errors
    /// As for [`Forward::launch`].
    pub fn launch(&mut self, stream: &Stream, tensors: &mut BackwardTensors<'_>) -> Result<()> {
        let BackwardTensors { queries, keys, values, output, lse, .. } = *tensors;
        let common = Common { queries, keys, values, output, lse };
        common.check(&self.problem, &self.gpu)?;
        let check = |name, tensor: &Tensor| check_rows(name, tensor, &self.problem, &self.gpu);
        check("upstream", tensors.upstream)?;
        check("query_gradients", tensors.query_gradients)?;
        check("key_gradients", tensors.key_gradients)?;
        check("value_gradients", tensors.value_gradients)?;
        let at = Addresses {
            upstream: tensors.upstream.address(stream),
            query_gradients: tensors.query_gradients.address(stream),
            key_gradients: tensors.key_gradients.address(stream),
            value_gradients: tensors.value_gradients.address(stream),
            deltas: self.deltas.address(stream),
            ..common.addresses(stream, self.lengths.as_ref())
        };
        for pass in &self.passes {
            // SAFETY: as in `Forward::launch`; the deltas have a plane for each pattern.
            unsafe { pass.on(stream, &self.problem, &at)? };
        }
        Ok(())
    }
}

impl Gpu {
    /// A tensor for the problem's queries, keys, values or output. Every byte is `0xff`, so that
    /// nothing that a kernel forgot to write looks like a number.
    ///
    /// # Errors
    /// [`crate::Error::is_driver`] if there is not enough memory.
    pub fn tensor(&self, stream: &Stream, problem: &Problem) -> Result<Tensor> {
        let element = problem.element();
        Tensor::poisoned(self, stream, (element.name(), element.bytes()), &dims(problem))
    }

    /// A tensor for the problem's log-sum-exp.
    ///
    /// # Errors
    /// [`crate::Error::is_driver`] if there is not enough memory.
    pub fn lse_tensor(&self, stream: &Stream, problem: &Problem) -> Result<Tensor> {
        Tensor::poisoned(self, stream, F32, &lse_dims(problem))
    }
}

impl Launch {
    fn new(gpu: &Gpu, plan: Plan) -> Result<Self> {
        let kernel = plan.kernel();
        let compiled = kernel.compile(gpu.compiler(), gpu.architecture())?;
        let function = Function::load(gpu, &compiled, kernel.entry())?;
        function.allow_shared(kernel.shared_bytes())?;
        Ok(Self { plan, function })
    }

    /// # Safety
    /// As for [`Function::launch`].
    unsafe fn on(&self, stream: &Stream, problem: &Problem, at: &Addresses) -> Result<()> {
        let kernel = self.plan.kernel();
        let grid = Grid {
            blocks: self.plan.grid(),
            threads: kernel.threads(),
            shared_bytes: kernel.shared_bytes(),
        };
        let block = arguments(problem, &self.plan, at);
        // SAFETY: the block is what the kernels take; the caller vouches for the addresses.
        unsafe { self.function.launch(stream, grid, block) }
    }
}

const F32: (&str, u64) = (Element::F32.name(), Element::F32.bytes());

fn limits(key: &GpuKey) -> DeviceLimits {
    DeviceLimits {
        capability: key.capability,
        multiprocessors: key.multiprocessors,
        shared_bytes_of_block: key.shared_bytes_of_block,
    }
}

fn dims(problem: &Problem) -> [u32; 4] {
    let shape = problem.shape();
    [shape.batch, shape.seq_len, shape.heads, shape.head_dim]
}

fn lse_dims(problem: &Problem) -> [u32; 3] {
    let shape = problem.shape();
    [shape.batch, shape.heads, shape.seq_len]
}

fn check_rows(name: &str, tensor: &Tensor, problem: &Problem, gpu: &Gpu) -> Result<()> {
    tensor.check(name, problem.element().name(), &dims(problem), gpu)
}

/// The lengths of ragged sequences, on the device.
fn lengths(gpu: &Gpu, problem: &Problem) -> Result<Option<Tensor>> {
    let Some(lengths) = problem.lengths() else {
        return Ok(None);
    };
    let stream = gpu.stream()?;
    let bytes: Vec<u8> = lengths.iter().flat_map(|length| length.to_le_bytes()).collect();
    let mut tensor = Tensor::poisoned(gpu, &stream, ("u32", 4), &[problem.shape().batch])?;
    tensor.upload(&stream, &bytes)?;
    Ok(Some(tensor))
}
