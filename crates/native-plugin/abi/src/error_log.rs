//! Lines in the server's error log.
//!
//! Semisync's own messages go by number and arguments: the text is the server's. [`write_text`] is
//! for what the server has no message for.

use core::ffi::{CStr, c_int};
use std::ffi::CString;

use semisync_core::Generation;
use semisync_core::log::{LogArg, LogLevel, LogMessage};

use crate::{c_string, server};

/// Severity, with the server's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Printed as `ERROR`.
    Error = 1,
    /// Printed as `Warning`.
    Warning = 2,
    /// Printed as `Note`, with `log_error_verbosity` = 3.
    Note = 3,
}

/// Writes one of semisync's own messages.
pub fn write(message: &LogMessage) {
    let level = Level::from(message.level());
    if message.is_wrapped() {
        let text = message.text(Generation::V9_7);
        let text = c_string(format!("Plugin semisync reported: '{text}'"));
        write_line(level, message.number(), &text);
        return;
    }
    let args = message.args();
    let texts: Vec<CString> = args.as_slice().iter().map(text_of).collect();
    // Integers and pointers travel alike through C's variable arguments on x86-64; those the text
    // does not ask for are not looked at.
    let mut slots = [0_u64; MAX_ARGUMENTS];
    for ((slot, arg), text) in slots.iter_mut().zip(args.as_slice()).zip(&texts) {
        *slot = match arg {
            LogArg::Text(_) | LogArg::FileName(_) => text.as_ptr().expose_provenance() as u64,
            LogArg::UnsignedLong(value) => *value,
            LogArg::Unsigned(value) => u64::from(*value),
            LogArg::Int(value) => i64::from(*value).cast_unsigned(),
        };
    }
    look_up(level, message.number(), &slots);
    drop(texts);
}

fn text_of(arg: &LogArg<'_>) -> CString {
    match arg {
        LogArg::Text(text) => c_string(text),
        LogArg::FileName(name) => c_string(name.as_bytes()),
        LogArg::UnsignedLong(_) | LogArg::Unsigned(_) | LogArg::Int(_) => CString::default(),
    }
}

/// A line with the server's own text of message `number`.
fn look_up(level: Level, number: u32, slots: &[u64; MAX_ARGUMENTS]) {
    let number = i64::from(number);
    // SAFETY: tags and values as `log_message` reads them, the last pair being the look-up of a
    // message followed by its arguments, whose texts outlive the call.
    unsafe {
        server::log_message(
            LOG_TYPE_ERROR,
            ITEM_PRIORITY,
            level as i64,
            ITEM_ERROR_NUMBER,
            number,
            ITEM_SUBSYSTEM,
            SUBSYSTEM.as_ptr(),
            ITEM_COMPONENT,
            COMPONENT.as_ptr(),
            ITEM_LOOKED_UP_MESSAGE,
            number,
            slots[0],
            slots[1],
            slots[2],
            slots[3],
            slots[4],
            slots[5],
        );
    }
}

/// Writes a line with a text of our own.
pub fn write_text(level: Level, text: &str) {
    write_line(level, ER_LOG_PRINTF_MSG, &c_string(text));
}

fn write_line(level: Level, number: u32, text: &CStr) {
    // SAFETY: tags and values as `log_message` reads them, the last being a format with its one
    // argument, which outlives the call.
    unsafe {
        server::log_message(
            LOG_TYPE_ERROR,
            ITEM_PRIORITY,
            level as i64,
            ITEM_ERROR_NUMBER,
            i64::from(number),
            ITEM_SUBSYSTEM,
            SUBSYSTEM.as_ptr(),
            ITEM_COMPONENT,
            COMPONENT.as_ptr(),
            ITEM_FORMATTED_MESSAGE,
            c"%s".as_ptr(),
            text.as_ptr(),
        );
    }
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Level {
        match level {
            LogLevel::Error => Level::Error,
            LogLevel::Warning => Level::Warning,
            LogLevel::Note => Level::Note,
        }
    }
}

/// No message has more.
const MAX_ARGUMENTS: usize = 6;

const LOG_TYPE_ERROR: c_int = 1;

const ITEM_ERROR_NUMBER: i64 = 0x2;
const ITEM_SUBSYSTEM: i64 = 0x200;
const ITEM_COMPONENT: i64 = 0x400;
const ITEM_PRIORITY: i64 = 0x1_0000;
const ITEM_FORMATTED_MESSAGE: i64 = 0x8_0000;
const ITEM_LOOKED_UP_MESSAGE: i64 = 0x10_0000;

/// The server's number for a line whose text comes as it is.
const ER_LOG_PRINTF_MSG: u32 = 10_000;

const SUBSYSTEM: &CStr = c"Repl";
const COMPONENT: &CStr = c"semisync";
