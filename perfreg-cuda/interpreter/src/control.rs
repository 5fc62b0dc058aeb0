//! Where lanes that part at a branch meet again: immediate post-dominators.

use std::collections::BTreeSet;

use crate::instruction::{Instruction, Operation};

/// By instruction, where its lanes meet again if they part there; the program's end if nowhere.
pub(crate) fn meeting_points(program: &[Instruction]) -> Vec<usize> {
    let end = program.len();
    let starts = block_starts(program);
    let block_of = |at: usize| starts.partition_point(|start| *start <= at) - 1;
    // The last block is the end itself.
    let exit = starts.len() - 1;
    let followers: Vec<Vec<usize>> = (0..exit)
        .map(|block| {
            let last = starts[block + 1] - 1;
            followers(program, last, end).into_iter().map(block_of).collect()
        })
        .collect();
    let dominators = post_dominators(&followers, exit);
    let mut meetings = vec![end; end];
    for block in 0..exit {
        meetings[starts[block + 1] - 1] = starts[nearest(&dominators, block, exit)];
    }
    meetings
}

fn block_starts(program: &[Instruction]) -> Vec<usize> {
    let mut starts = BTreeSet::from([0, program.len()]);
    for (at, instruction) in program.iter().enumerate() {
        match instruction.operation {
            Operation::Branch(target) => starts.extend([at + 1, target]),
            Operation::Return => starts.extend([at + 1]),
            _ => {}
        }
    }
    starts.into_iter().collect()
}

fn followers(program: &[Instruction], at: usize, end: usize) -> Vec<usize> {
    let next = program[at].guard.is_some().then_some(at + 1);
    match program[at].operation {
        Operation::Branch(target) => next.into_iter().chain([target]).collect(),
        Operation::Return => next.into_iter().chain([end]).collect(),
        _ => vec![at + 1],
    }
}

/// By block, the blocks that every way from it to the exit passes, itself among them.
fn post_dominators(followers: &[Vec<usize>], exit: usize) -> Vec<BTreeSet<usize>> {
    let all: BTreeSet<usize> = (0..=exit).collect();
    let mut dominators = vec![all; exit];
    dominators.push(BTreeSet::from([exit]));
    loop {
        let mut changed = false;
        for block in (0..exit).rev() {
            let mut sets = followers[block].iter().map(|next| &dominators[*next]);
            let mut common = sets.next().expect("every block has a follower").clone();
            for set in sets {
                common = common.intersection(set).copied().collect();
            }
            common.insert(block);
            if common != dominators[block] {
                dominators[block] = common;
                changed = true;
            }
        }
        if !changed {
            return dominators;
        }
    }
}

/// The first of its post-dominators that a block's ways reach: the one with the most of its own.
fn nearest(dominators: &[BTreeSet<usize>], block: usize, exit: usize) -> usize {
    let others = dominators[block].iter().filter(|other| **other != block);
    others.max_by_key(|other| dominators[**other].len()).copied().unwrap_or(exit)
}
