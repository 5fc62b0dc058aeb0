//! Work that is handed over once and repeated without the host.
#![expect(unsafe_code, reason = "a graph's nodes are counted by a C function")]

use cudarc::driver::{CudaGraph, sys};

use super::gpu::{Stream, refused};
use crate::error::Result;

/// Captures what `work` hands over; `None` if it does what cannot be captured, such as waiting for
/// the device or allocating.
pub(crate) fn capture(
    stream: &Stream,
    work: impl FnOnce() -> Result<()>,
) -> Result<Option<CudaGraph>> {
    let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
    let begun = stream.stream.begin_capture(mode);
    begun.map_err(|error| refused("begin a capture", error))?;
    let worked = work();
    let flags = sys::CUgraphInstantiate_flags::CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH;
    // The capture has to end whatever the work did.
    let captured = stream.stream.end_capture(flags);
    match (worked, captured) {
        (Ok(()), Ok(graph)) => Ok(graph),
        (Err(error), _) if !error.is_driver() => Err(error),
        _ => Ok(None),
    }
}

/// How many things a graph does.
pub(crate) fn nodes(graph: &CudaGraph) -> Result<usize> {
    let mut count = 0;
    // SAFETY: the graph lives; without a place for the nodes only their number is told.
    let counted =
        unsafe { sys::cuGraphGetNodes(graph.cu_graph(), std::ptr::null_mut(), &mut count) };
    counted.result().map_err(|error| refused("count a graph's nodes", error))?;
    Ok(count)
}

/// Hands a graph over to the stream that it was captured from.
pub(crate) fn launch_graph(graph: &CudaGraph) -> Result<()> {
    graph.launch().map_err(|error| refused("launch a graph", error))
}
