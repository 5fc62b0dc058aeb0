//! Prints what this machine has for running kernels, as a line of JSON.

fn main() {
    println!("{}", perfreg_cuda::probe::Probe::take().to_json());
}
