//! How large the finished site is, as it is and as web servers send it.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};

use crate::fingerprint::files_under;

/// Bytes of a file: raw, with gzip, with brotli.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sizes {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// The table of all files and their sum.
pub(crate) fn table(folder: &Path) -> Result<String> {
    let mut text = format!("{:>9} {:>9} {:>9}  file\n", "raw", "gzip", "brotli");
    let mut sum = Sizes::default();
    for file in files_under(folder, &|_| true)? {
        let content = fs::read(folder.join(&file))?;
        let sizes = measure(&content).with_context(|| format!("compressing {}", file.display()))?;
        sum.raw += sizes.raw;
        sum.gzip += sizes.gzip;
        sum.brotli += sizes.brotli;
        text += &line(sizes, &file.display().to_string());
    }
    Ok(text + &line(sum, "everything"))
}

fn line(sizes: Sizes, name: &str) -> String {
    format!(
        "{:>9} {:>9} {:>9}  {name}\n",
        sizes.raw, sizes.gzip, sizes.brotli
    )
}

fn measure(content: &[u8]) -> Result<Sizes> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(content)?;
    let mut brotli = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &*content, &mut brotli, &parameters)?;
    Ok(Sizes {
        raw: content.len(),
        gzip: gzip.finish()?.len(),
        brotli: brotli.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_compresses_and_the_raw_size_is_exact() {
        let sizes = measure(&[b'x'; 10_000]).unwrap();
        assert_eq!(sizes.raw, 10_000);
        assert!(sizes.gzip < 200 && 0 < sizes.gzip, "{sizes:?}");
        assert!(sizes.brotli < 100 && 0 < sizes.brotli, "{sizes:?}");
    }
}
