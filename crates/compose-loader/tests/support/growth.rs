//! How work grows with its input, by the time of the processor: what waits for others is not counted.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How often work is measured; the shortest time counts, since what shares caches with others is slower.
const ATTEMPTS: usize = 5;

/// The time of the processor that work takes.
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

/// The exponent by which the time of work grows with the size of its input: 1 where it is linear. Work that is done
/// more often for small inputs than for large ones is measured as well for both.
pub fn exponent<T>(sizes: [usize; 2], make: impl Fn(usize) -> T, work: impl Fn(&T)) -> f64 {
    let [small, large] = sizes;
    let times = large / small;
    let inputs = [make(small), make(large)];
    let small_time =
        processor_time(|| (0..times).for_each(|_| work(&inputs[0]))) / u32::try_from(times).unwrap();
    let large_time = processor_time(|| work(&inputs[1]));
    (large_time.as_secs_f64() / small_time.as_secs_f64()).ln() / (large as f64 / small as f64).ln()
}
