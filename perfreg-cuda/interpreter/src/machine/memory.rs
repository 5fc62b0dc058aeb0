//! Global memory: regions far from each other, so that no wrong address goes unnoticed.

use crate::error::Wrong;

/// Where the first region lies. Addresses do not fit in 32 bits, as on a device.
const FIRST: u64 = 0x7000_0000_0000;

/// Regions begin at multiples of this, with at least as much between them.
const APART: u64 = 1 << 32;

/// The memory of a device.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    regions: Vec<Vec<u8>>,
}

impl Memory {
    /// A memory without regions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps these bytes in a region of their own and returns its address.
    ///
    /// # Panics
    /// If there are 4 GiB or more of them.
    pub fn allocate(&mut self, bytes: Vec<u8>) -> u64 {
        assert!((bytes.len() as u64) < APART, "a region of 4 GiB");
        let address = FIRST + 2 * APART * self.regions.len() as u64;
        self.regions.push(bytes);
        address
    }

    /// The bytes of the region at this address, which [`Memory::allocate`] returned.
    ///
    /// # Panics
    /// If no region begins there.
    pub fn region(&self, address: u64) -> &[u8] {
        let (region, offset) = place(address).expect("an address of a region");
        assert_eq!(offset, 0, "the address of a region's begin");
        &self.regions[region]
    }

    /// The same, to be written from outside.
    ///
    /// # Panics
    /// If no region begins there.
    pub fn region_mut(&mut self, address: u64) -> &mut [u8] {
        let (region, offset) = place(address).expect("an address of a region");
        assert_eq!(offset, 0, "the address of a region's begin");
        &mut self.regions[region]
    }

    pub(crate) fn read(&self, address: u64, bytes: usize) -> Result<&[u8], Wrong> {
        let wrong = Wrong::Address(address);
        let (region, offset) = place(address).ok_or(wrong.clone())?;
        let aligned = address.is_multiple_of(bytes as u64);
        let region = self.regions.get(region).filter(|_| aligned).ok_or(wrong.clone())?;
        region.get(offset..offset + bytes).ok_or(wrong)
    }

    pub(crate) fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Wrong> {
        self.read(address, bytes.len())?;
        let (region, offset) = place(address).expect("it was just read");
        self.regions[region][offset..offset + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}

/// The region and the offset in it.
fn place(address: u64) -> Option<(usize, usize)> {
    let distance = address.checked_sub(FIRST)?;
    let region = usize::try_from(distance / (2 * APART)).ok()?;
    Some((region, usize::try_from(distance % (2 * APART)).ok()?))
}
