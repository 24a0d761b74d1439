//! Checkpoints: signed heads. An unkeyed chain does not stop a forger, who would hash everything anew.

use std::{fmt, fs, io, path::Path, str::FromStr};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::{
    Hash, Head, StreamId,
    canonical::{hex, unhex},
    files,
};

/// A checkpoint stands at every record whose number is a multiple of this, and at `end`.
pub const INTERVAL: u64 = 256;

/// A signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of the record in its stream.
    pub seq: u64,
    /// Hash of the record.
    pub hash: String,
    /// Public key of the signer, in hexadecimal.
    pub key: String,
    /// Ed25519 signature over the canonical JSON of `{hash, seq, stream}`, in hexadecimal.
    pub signature: String,
}

/// The public half of a key, in hexadecimal when written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// True when the checkpoint was signed with this key's other half over exactly this head.
    pub fn signed(&self, stream: &str, checkpoint: &Checkpoint) -> bool {
        let message = message(stream, checkpoint.seq, &checkpoint.hash);
        unhex(&checkpoint.signature)
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .is_some_and(|signature| self.0.verify_strict(message.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(self.0.as_bytes()).0)
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text.trim())
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            .map(Self)
            .ok_or_else(|| {
                "this is not a public key\nhint: 64 hexadecimal digits, as in the file that ends .pub beside the journal"
                    .to_owned()
            })
    }
}

/// Signs checkpoints.
pub struct Signer(SigningKey);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public())
    }
}

impl Signer {
    /// A new key that is nowhere on disk.
    pub fn ephemeral() -> io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The key in a file, made on first use: the file is for its owner alone, the public half stands beside it with
    /// `.pub` for `.key`. A key beside the data proves little by itself: keep the public half elsewhere.
    pub fn beside(path: &Path) -> io::Result<Self> {
        let signer = match fs::read_to_string(path) {
            Ok(text) => Self::read(path, &text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path)?,
            Err(error) => return Err(error),
        };
        let public = path.with_extension("pub");
        if !public.exists() {
            files::write_private(&public, format!("{}\n", signer.public()).as_bytes())?;
        }
        Ok(signer)
    }

    fn read(path: &Path, text: &str) -> io::Result<Self> {
        let seed = unhex(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let seed = seed.ok_or_else(|| {
            let why = format!(
                "{} is not a key\nhint: put the right one back, or move it away to begin with a new one",
                path.display()
            );
            io::Error::new(io::ErrorKind::InvalidData, why)
        })?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    // Written aside under a name of its own and linked into place, so that of several processes one wins and all read
    // the same whole key.
    fn create(path: &Path) -> io::Result<Self> {
        let signer = Self::ephemeral()?;
        let aside = path.with_extension(format!("{}.new", signer.public()));
        files::write_private(&aside, format!("{}\n", hex(signer.0.as_bytes())).as_bytes())?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside)?;
        match linked {
            Ok(()) => Ok(signer),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Self::read(path, &fs::read_to_string(path)?)
            }
            Err(error) => Err(error),
        }
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a head.
    pub fn sign(&self, stream: &StreamId, head: &Head) -> Checkpoint {
        let Head {
            seq,
            hash: Hash(hash),
        } = head.clone();
        let signature = self.0.sign(message(stream.as_str(), seq, &hash).as_bytes());
        Checkpoint {
            seq,
            hash,
            key: self.public().to_string(),
            signature: hex(&signature.to_bytes()).0,
        }
    }
}

/// Canonical JSON: the members in order, and no character in them that needs an escape.
fn message(stream: &str, seq: u64, hash: &str) -> String {
    format!(r#"{{"hash":"{hash}","seq":{seq},"stream":"{stream}"}}"#)
}
