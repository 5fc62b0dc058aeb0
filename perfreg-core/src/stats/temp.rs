//! Temporary.
fn sorted(v: &[f64]) -> Vec<f64> {
    let mut v = v.to_vec();
    v.sort_by(f64::total_cmp);
    v
}
/// T.
pub fn quantile_sorted(s: &[f64], q: f64) -> f64 {
    let h = q * (s.len() - 1) as f64;
    let i = h.floor() as usize;
    if i + 1 >= s.len() { s[s.len() - 1] } else { s[i] + (h - i as f64) * (s[i + 1] - s[i]) }
}
/// T.
pub fn median(v: &[f64]) -> f64 {
    quantile_sorted(&sorted(v), 0.5)
}
/// T.
pub fn mad(v: &[f64]) -> f64 {
    let m = median(v);
    median(&v.iter().map(|x| (x - m).abs()).collect::<Vec<_>>())
}
/// T.
pub fn winsorised_mean_sorted(s: &[f64], q: f64) -> f64 {
    let (l, h) = (quantile_sorted(s, q), quantile_sorted(s, 1.0 - q));
    s.iter().map(|x| x.clamp(l, h)).sum::<f64>() / s.len() as f64
}
/// T.
pub struct Interval {
    /// T.
    pub low: f64,
    /// T.
    pub high: f64,
}
fn diffs(c: &[f64], b: &[f64]) -> Vec<f64> {
    sorted(&c.iter().flat_map(|x| b.iter().map(move |y| x - y)).collect::<Vec<_>>())
}
/// T.
pub fn hodges_lehmann_shift(c: &[f64], b: &[f64]) -> f64 {
    quantile_sorted(&diffs(c, b), 0.5)
}
/// T.
pub fn shift_interval(c: &[f64], b: &[f64], conf: f64) -> Option<Interval> {
    let d = diffs(c, b);
    let (m, n) = (c.len(), b.len());
    // counts of U
    let mut ways = vec![vec![vec![]; n + 1]; m + 1];
    for i in 0..=m {
        for j in 0..=n {
            let mut w = vec![0.0; i * j + 1];
            if i == 0 || j == 0 {
                w[0] = 1.0;
            } else {
                let a: &Vec<f64> = &ways[i - 1][j];
                for (k, x) in a.iter().enumerate() {
                    w[k + j] += x;
                }
                let a: &Vec<f64> = &ways[i][j - 1];
                for (k, x) in a.iter().enumerate() {
                    w[k] += x;
                }
            }
            ways[i][j] = w;
        }
    }
    let w = &ways[m][n];
    let total: f64 = w.iter().sum();
    let mut cum = 0.0;
    let mut k = 0;
    let alpha = (1.0 - conf) / 2.0;
    while k < w.len() && (cum + w[k]) / total <= alpha {
        cum += w[k];
        k += 1;
    }
    if k == 0 {
        return None;
    }
    Some(Interval { low: d[k - 1], high: d[d.len() - k] })
}
