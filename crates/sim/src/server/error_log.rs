//! The server's own lines in its error log; the semisynchronous plugins' come from the core.

use semisync_core::log::LogLevel;

/// A line to write.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// `None` is `System`.
    pub(crate) level: Option<LogLevel>,
    pub(crate) number: u32,
    pub(crate) subsystem: &'static str,
    pub(crate) text: String,
}

impl Line {
    pub(crate) fn system(number: u32, subsystem: &'static str, text: impl Into<String>) -> Line {
        Line::new(None, number, subsystem, text)
    }

    pub(crate) fn error(number: u32, subsystem: &'static str, text: impl Into<String>) -> Line {
        Line::new(Some(LogLevel::Error), number, subsystem, text)
    }

    pub(crate) fn warning(number: u32, subsystem: &'static str, text: impl Into<String>) -> Line {
        Line::new(Some(LogLevel::Warning), number, subsystem, text)
    }

    pub(crate) fn note(number: u32, subsystem: &'static str, text: impl Into<String>) -> Line {
        Line::new(Some(LogLevel::Note), number, subsystem, text)
    }

    /// Whether `log_error_verbosity` lets it through.
    pub(crate) fn is_printed(&self, verbosity: u64) -> bool {
        match self.level {
            None | Some(LogLevel::Error) => true,
            Some(LogLevel::Warning) => 2 <= verbosity,
            Some(LogLevel::Note) => 3 <= verbosity,
        }
    }

    fn new(
        level: Option<LogLevel>,
        number: u32,
        subsystem: &'static str,
        text: impl Into<String>,
    ) -> Line {
        Line {
            level,
            number,
            subsystem,
            text: text.into(),
        }
    }
}

/// A line of a thread of replication: what it says, and the number of the error.
pub(crate) fn with_code(text: &str, number: u32) -> String {
    let comma = if text.ends_with('.') { "" } else { "," };
    format!("{text}{comma} Error_code: MY-{number:06}")
}
