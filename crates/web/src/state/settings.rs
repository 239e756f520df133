//! What a person chose and the browser keeps.

use serde::{Deserialize, Serialize};

use super::pace::DEFAULT_SPEED;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Whether things travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Motion {
    /// As the system says.
    #[default]
    System,
    /// They travel.
    Full,
    /// They stand at one place, then at another.
    Reduced,
}

/// The settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// Whether things travel.
    pub motion: Motion,
    /// Index of the speed.
    pub speed: usize,
    /// Whether a statement typed while time stands is played until its answer.
    pub play_after_enter: bool,
    /// Pixels for a microsecond of the tape.
    pub zoom: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            theme: Theme::System,
            motion: Motion::System,
            speed: DEFAULT_SPEED,
            play_after_enter: true,
            zoom: 0.22,
        }
    }
}

impl Theme {
    /// The next one of the switch.
    pub fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

impl Motion {
    /// The next one of the switch.
    pub fn next(self) -> Motion {
        match self {
            Motion::System => Motion::Full,
            Motion::Full => Motion::Reduced,
            Motion::Reduced => Motion::System,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Motion::System => "system",
            Motion::Full => "full",
            Motion::Reduced => "reduced",
        }
    }
}
