//! The page's entry point: starts the application when the module is loaded.

fn main() {
    semisync_web::run();
}
