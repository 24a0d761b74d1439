//! Files as lines: unpacked where their first bytes say that they are packed, of bounded length.

use std::{
    cell::Cell,
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
    rc::Rc,
};

use flate2::read::MultiGzDecoder;

use crate::analysis::logs::LONGEST_LINE;

/// Bytes read at once.
const CHUNK: usize = 256 * 1024;
/// Magic bytes of gzip and zstd.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// One input.
pub(super) struct Input {
    reader: Box<dyn Read>,
    /// Bytes read of it so far, as they lie on disk.
    pub read: Rc<Cell<u64>>,
}

impl Input {
    /// Opens a file, or standard input for `-`.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Self::of(Box::new(io::stdin().lock()));
        }
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
        }
        Self::of(Box::new(file))
    }

    /// Unpacks what is packed.
    fn of(reader: Box<dyn Read>) -> io::Result<Self> {
        let read = Rc::new(Cell::new(0));
        let mut counted = Counted {
            reader,
            read: Rc::clone(&read),
        };
        let mut magic = Vec::with_capacity(4);
        counted.by_ref().take(4).read_to_end(&mut magic)?;
        let whole = Cursor::new(magic.clone()).chain(counted);
        let reader: Box<dyn Read> = if magic.starts_with(GZIP) {
            Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(CHUNK, whole)))
        } else if magic == ZSTD {
            Box::new(zstd::stream::read::Decoder::with_buffer(
                io::BufReader::with_capacity(CHUNK, whole),
            )?)
        } else {
            Box::new(whole)
        };
        Ok(Self { reader, read })
    }
}

struct Counted {
    reader: Box<dyn Read>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

/// The lines of an input.
pub(super) struct Lines {
    reader: Box<dyn Read>,
    buffer: Vec<u8>,
    /// What of the buffer is not yet told.
    from: usize,
    to: usize,
    ended: bool,
}

impl Lines {
    pub fn of(input: Input) -> Self {
        Self {
            reader: input.reader,
            buffer: vec![0; CHUNK],
            from: 0,
            to: 0,
            ended: false,
        }
    }

    /// The next line without its line feed, and the bytes it stands for. Of a line that does not fit the buffer, the
    /// beginning.
    pub fn next(&mut self) -> io::Result<Option<(&[u8], u64)>> {
        let mut searched = self.from;
        loop {
            if let Some(found) = memchr::memchr(b'\n', &self.buffer[searched..self.to]) {
                let (begin, end) = (self.from, searched + found);
                self.from = end + 1;
                return Ok(Some((&self.buffer[begin..end], (end + 1 - begin) as u64)));
            }
            searched = self.to;
            if self.ended {
                let (begin, end) = (self.from, self.to);
                self.from = end;
                return Ok((end > begin).then(|| (&self.buffer[begin..end], (end - begin) as u64)));
            }
            if self.from > 0 {
                self.buffer.copy_within(self.from..self.to, 0);
                searched -= self.from;
                self.to -= self.from;
                self.from = 0;
            }
            if self.to == self.buffer.len() {
                return self.rest_of_long_line().map(Some);
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        loop {
            match self.reader.read(&mut self.buffer[self.to..]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.to += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    /// Skips what of a line does not fit; its beginning is told.
    fn rest_of_long_line(&mut self) -> io::Result<(&[u8], u64)> {
        let mut bytes = self.to as u64;
        loop {
            // The beginning stays; what follows it is overwritten.
            self.to = LONGEST_LINE;
            self.fill()?;
            if let Some(found) = memchr::memchr(b'\n', &self.buffer[LONGEST_LINE..self.to]) {
                bytes += found as u64 + 1;
                self.from = LONGEST_LINE + found + 1;
                break;
            }
            bytes += (self.to - LONGEST_LINE) as u64;
            if self.ended {
                self.from = self.to;
                break;
            }
        }
        Ok((&self.buffer[..LONGEST_LINE], bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(usize, u64)> {
        let mut lines = Lines::of(Input::of(Box::new(Cursor::new(bytes.to_vec()))).unwrap());
        let mut found = Vec::new();
        while let Some((line, bytes)) = lines.next().unwrap() {
            found.push((line.len(), bytes));
        }
        found
    }

    #[test]
    fn lines_end_where_they_end() {
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"\n"), [(0, 1)]);
        assert_eq!(lines(b"ab\n\ncd"), [(2, 3), (0, 1), (2, 2)]);
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_cut_and_the_next_is_whole() {
        for length in [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
            let mut bytes = vec![b'x'; length];
            bytes.extend_from_slice(b"\nnext\n");
            let found = lines(&bytes);
            assert_eq!(found.len(), 2, "{length}");
            assert_eq!(
                found.iter().map(|(_, bytes)| bytes).sum::<u64>(),
                bytes.len() as u64
            );
            assert_eq!(found[1].0, 4);
        }
    }
}
