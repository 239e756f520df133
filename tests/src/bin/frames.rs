//! How long the page takes for a frame: `cargo xtask bench --page`.

fn main() {
    println!("{}", semisync_tests::frames::measure());
}
