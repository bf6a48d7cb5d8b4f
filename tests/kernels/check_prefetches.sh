#!/bin/sh
# Fails when a sparse fp32 kernel has lost its prefetches: check_prefetches.sh OBJDUMP OBJECT...
# g++ drops calls of functions that do nothing but prefetch, unless they are inlined early.
# Of add_rows<V, W, Entry, ends, fetches inputs> those with one or two vectors fetch their streams into L1, those that
# fetch inputs do so into L2; add_slice_4x1 does both. Where nothing is fetched, g++ folds the one that fetches inputs and
# the one that does not into one: there must be as many of both.
set -eu
objdump=$1
shift
"$objdump" --disassemble --demangle --no-show-raw-insn "$@" | awk '
  function end_function() {
    if (name == "") return
    checked++
    if (needs_l1 && !l1) lost("its streams into L1")
    if (needs_l2 && !l2) lost("inputs into L2")
  }
  function lost(what) {
    print "does not fetch " what ": " name
    failed = 1
  }
  /^[0-9a-f]+ <.*>:$/ {
    end_function()
    name = ""
    l1 = l2 = needs_l1 = needs_l2 = 0
    if (/\.cold/) next
    if (/add_rows<.*, (true|false), (true|false)>\(/) {
      name = $0
      needs_l1 = /::Avx[0-9]+, [12], /
      needs_l2 = /, true>\(/
      if (needs_l2) fetching++; else others++
    } else if (/add_slice_4x1</) {
      name = $0
      needs_l1 = needs_l2 = 1
    }
  }
  /prefetcht0/ { l1 = 1 }
  /prefetcht1/ { l2 = 1 }
  END {
    end_function()
    if (!checked) { print "no kernel found"; failed = 1 }
    if (fetching != others) {
      print fetching + 0 " kernels fetch inputs into L2, expected " others + 0
      failed = 1
    }
    if (!failed) print "kernels with their prefetches: " checked
    exit failed
  }'
