//! The reducer, driven without a browser.
