//! Growth of processor time with the size of the input.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The number of measurements, of which the shortest counts. Other processes slow down a run by sharing the caches.
const ATTEMPTS: usize = 5;

/// Returns the processor time of `work`.
pub fn processor_time(mut work: impl FnMut()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
    };
    let mut once = || {
        let before = now();
        work();
        now().saturating_sub(before)
    };
    (0..ATTEMPTS).map(|_| once()).min().unwrap_or_default()
}

/// Returns the exponent of the growth of processor time with the size of the input, which is 1 for linear time. `work`
/// runs more often on small inputs, so that both measurements have the same precision.
pub fn exponent<T>(sizes: [usize; 2], make: impl Fn(usize) -> T, work: impl Fn(&T)) -> f64 {
    let [small, large] = sizes;
    let times = large / small;
    let inputs = [make(small), make(large)];
    let small_time =
        processor_time(|| (0..times).for_each(|_| work(&inputs[0]))) / u32::try_from(times).unwrap();
    let large_time = processor_time(|| work(&inputs[1]));
    (large_time.as_secs_f64() / small_time.as_secs_f64()).ln() / (large as f64 / small as f64).ln()
}
