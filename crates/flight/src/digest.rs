//! A short number that stands for what the machine ordered after one input.

use postcard::ser_flavors::Flavor;
use semisync_core::source::Output;

/// FNV-1a over the outputs as they would be written down: equal outputs, equal digests, on every
/// platform. Thirty-two bits for each input of thousands leave no doubt about a whole recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u32);

impl Digest {
    /// Of no output.
    pub const NONE: Digest = Digest(0x811c_9dc5);

    /// Takes one more output in.
    pub fn add(&mut self, output: &Output) {
        // A flavour that takes every byte does not fail.
        let _ = postcard::serialize_with_flavor(output, Sink(self));
    }

    /// Its four bytes.
    pub fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// What [`Digest::to_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 4]) -> Digest {
        Digest(u32::from_le_bytes(bytes))
    }
}

struct Sink<'a>(&'a mut Digest);

impl Flavor for Sink<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.0 = (self.0.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use semisync_core::source::{SessionId, WaitOutcome};

    use super::*;

    fn released(session: u64) -> Output {
        Output::CommitReleased {
            session: SessionId(session),
            outcome: WaitOutcome::Acknowledged,
        }
    }

    #[test]
    fn other_outputs_or_another_order_give_another_digest() {
        let digest = |outputs: &[Output]| {
            let mut digest = Digest::NONE;
            outputs.iter().for_each(|output| digest.add(output));
            digest
        };
        let (a, b) = (released(1), released(2));
        let both = digest(&[a.clone(), b.clone()]);
        assert_eq!(both, digest(&[a.clone(), b.clone()]));
        assert_ne!(both, digest(&[b, a.clone()]));
        assert_ne!(both, digest(&[a]));
        assert_ne!(both, Digest::NONE);
    }

    #[test]
    fn bytes_are_read_back() {
        let mut digest = Digest::NONE;
        digest.add(&Output::StartAckReceiver);
        assert_eq!(Digest::from_bytes(digest.to_bytes()), digest);
    }
}
