//! The list of flushed positions that nobody has waited to the end for.
//!
//! One node for each flush group, in position order; a node counts the sessions that wait on it and
//! holds those nobody has signalled yet. Which session waits where is decided in
//! `machine/commits.rs`; the sessions themselves are in [`super::commit_waits`].

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::commit_waits::{CommitWaits, List, Slot};
use crate::position::{BinlogPosition, PositionOrder};

/// A node. It stays valid while a session waits on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct NodeId(u64);

/// The nodes, smallest position first.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct FlushedPositions {
    order: PositionOrder,
    nodes: VecDeque<Node>,
    /// The first node's id; ids count up.
    first: NodeId,
    /// No node before this one has a sleeper that was not signalled. Makes signalling cost what it
    /// releases: a node is passed once.
    first_with_sleepers: NodeId,
    sleepers: usize,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Node {
    position: BinlogPosition,
    /// Sessions inside their sleep, signalled or not.
    waiters: u32,
    /// Those not signalled yet, in the order they came.
    sleepers: List,
}

/// The greatest node is not before the new position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutOfOrder {
    pub(super) tail: BinlogPosition,
    pub(super) new: BinlogPosition,
}

impl FlushedPositions {
    pub(super) fn new(order: PositionOrder) -> FlushedPositions {
        FlushedPositions {
            order,
            nodes: VecDeque::new(),
            first: NodeId(0),
            first_with_sleepers: NodeId(0),
            sleepers: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The smallest position kept.
    pub(super) fn front(&self) -> Option<&BinlogPosition> {
        self.nodes.front().map(|node| &node.position)
    }

    /// The greatest position kept.
    pub(super) fn back(&self) -> Option<&BinlogPosition> {
        self.nodes.back().map(|node| &node.position)
    }

    /// Appends the end of a flush group.
    pub(super) fn insert(&mut self, position: BinlogPosition) -> Result<(), OutOfOrder> {
        if let Some(tail) = self.nodes.back()
            && self.order.reaches(&tail.position, &position)
        {
            return Err(OutOfOrder {
                tail: tail.position.clone(),
                new: position,
            });
        }
        self.nodes.push_back(Node {
            position,
            waiters: 0,
            sleepers: List::EMPTY,
        });
        Ok(())
    }

    /// The first node at or after the position.
    pub(super) fn find(&self, position: &BinlogPosition) -> Option<NodeId> {
        let index = self.index_of_first_at_or_after(position)?;
        Some(NodeId(self.first.0 + index as u64))
    }

    /// Whether a flush group ends exactly here.
    pub(super) fn is_end(&self, position: &BinlogPosition) -> bool {
        let index = self.index_of_first_at_or_after(position);
        index.is_some_and(|index| self.nodes[index].position == *position)
    }

    /// Whether the node is still kept and nobody waits on it.
    pub(super) fn is_idle(&self, node: NodeId) -> bool {
        self.first <= node && self.nodes[self.index(node)].waiters == 0
    }

    /// Removes nodes up to the position from the front, stopping at the first with waiters. Returns
    /// how many went.
    pub(super) fn clear_up_to(&mut self, position: &BinlogPosition) -> usize {
        let mut cleared = 0;
        while let Some(front) = self.nodes.front()
            && front.waiters == 0
            && self.order.reaches(position, &front.position)
        {
            self.nodes.pop_front();
            cleared += 1;
        }
        self.first.0 += cleared as u64;
        self.first_with_sleepers = self.first_with_sleepers.max(self.first);
        cleared
    }

    /// A session goes to sleep on the node.
    pub(super) fn add_sleeper(&mut self, node: NodeId, slot: Slot, waits: &mut CommitWaits) {
        self.first_with_sleepers = match self.sleepers {
            0 => node,
            _ => self.first_with_sleepers.min(node),
        };
        self.sleepers += 1;
        let index = self.index(node);
        let node = &mut self.nodes[index];
        node.waiters += 1;
        waits.push_sleeper(&mut node.sleepers, slot);
    }

    /// A session on the node runs again, signalled or not.
    pub(super) fn remove_waiter(&mut self, node: NodeId, slot: Slot, waits: &mut CommitWaits) {
        let index = self.index(node);
        let node = &mut self.nodes[index];
        node.waiters -= 1;
        if !waits.get(slot).is_signalled {
            waits.unlink_sleeper(&mut node.sleepers, slot);
            self.sleepers -= 1;
        }
    }

    /// Takes the next sleeper on a node up to `limit`, or on any node.
    pub(super) fn pop_sleeper(
        &mut self,
        limit: Option<&BinlogPosition>,
        waits: &mut CommitWaits,
    ) -> Option<Slot> {
        if self.sleepers == 0 {
            return None;
        }
        loop {
            let index = self.index(self.first_with_sleepers);
            let node = &mut self.nodes[index];
            if limit.is_some_and(|limit| self.order.is_before(limit, &node.position)) {
                return None;
            }
            if let Some(slot) = node.sleepers.first() {
                waits.unlink_sleeper(&mut node.sleepers, slot);
                self.sleepers -= 1;
                return Some(slot);
            }
            self.first_with_sleepers.0 += 1;
        }
    }

    /// Drops all nodes that nobody waits on (the binary logs were reset).
    pub(super) fn drop_idle(&mut self, waits: &mut CommitWaits) {
        let mut kept = self.first.0;
        let mut new_ids = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            new_ids.push(NodeId(kept));
            kept += u64::from(0 < node.waiters);
        }
        for wait in waits.iter_mut() {
            wait.node = new_ids[self.index(wait.node)];
        }
        self.nodes.retain(|node| 0 < node.waiters);
        self.first_with_sleepers = self.first;
    }

    /// Whether a state that was read back holds together with the waits it came with.
    #[cfg(feature = "serde")]
    pub(super) fn is_sound(&self, waits: &CommitWaits) -> bool {
        if super::restored::FAR < self.first.0 {
            return false;
        }
        let mut waiters = alloc::vec![0; self.nodes.len()];
        for wait in waits.iter() {
            let index = wait.node.0.checked_sub(self.first.0);
            let Some(count) = index.and_then(|index| waiters.get_mut(index as usize)) else {
                return false;
            };
            *count += 1;
        }
        let mut sleepers = 0;
        for (node, id) in self.nodes.iter().zip(self.first.0..) {
            let Some(asleep) = waits.sleepers(&node.sleepers) else {
                return false;
            };
            let is_passed = id < self.first_with_sleepers.0;
            if asleep.iter().any(|wait| wait.node.0 != id || is_passed) {
                return false;
            }
            sleepers += asleep.len();
        }
        let counted = self.nodes.iter().map(|node| node.waiters);
        let unsignalled = waits.iter().filter(|wait| !wait.is_signalled);
        counted.eq(waiters)
            && sleepers == self.sleepers
            && sleepers == unsignalled.count()
            && (sleepers == 0 || self.first <= self.first_with_sleepers)
    }

    fn index(&self, node: NodeId) -> usize {
        (node.0 - self.first.0) as usize
    }

    fn index_of_first_at_or_after(&self, position: &BinlogPosition) -> Option<usize> {
        let last = self.nodes.len().checked_sub(1)?;
        // The two places asked for most: the oldest group and the newest.
        if self.order.reaches(&self.nodes[0].position, position) {
            return Some(0);
        }
        if self.order.is_before(&self.nodes[last].position, position) {
            return None;
        }
        if last == 0
            || self
                .order
                .is_before(&self.nodes[last - 1].position, position)
        {
            return Some(last);
        }
        let is_before = |node: &Node| self.order.is_before(&node.position, position);
        Some(self.nodes.partition_point(is_before))
    }
}
