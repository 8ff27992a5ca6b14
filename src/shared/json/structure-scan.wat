;; Scans JSON for its depth and its size, 64 bytes at a time, without parsing it. Every byte of structure is ASCII, so
;; UTF-8 needs no decoding. The masks are those of simdjson's first stage (Langdale and Lemire, 2019).
(module
  ;; 0: depth; 4: how deep it may be; 8: objects and arrays; 12: commas; all i32.
  ;; 16: -1 within a string; 24: 1 if the next byte is escaped; both i64.
  ;; 1 024: the bytes to scan, up to 64 KiB.
  (memory (export "memory") 2)

  ;; One bit for each byte of a block, set if that byte equals the given one.
  (func $mask (param $a v128) (param $b v128) (param $c v128) (param $d v128) (param $byte v128) (result i64)
    (i64.or
      (i64.or
        (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $a) (local.get $byte))))
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $b) (local.get $byte)))) (i64.const 16)))
      (i64.or
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $c) (local.get $byte)))) (i64.const 32))
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $d) (local.get $byte)))) (i64.const 48)))))

  ;; Scans `length` bytes, a multiple of 64. Returns 1 as soon as the depth is more than it may be, else 0.
  (func (export "scan") (param $length i32) (result i32)
    (local $at i32) (local $end i32) (local $depth i32) (local $most i32) (local $containers i32) (local $commas i32)
    (local $count i32)
    (local $within i64) (local $escaping i64) (local $quotes i64) (local $slashes i64) (local $codes i64)
    (local $text i64) (local $open i64) (local $close i64) (local $bit i64)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $depth (i32.load (i32.const 0)))
    (local.set $most (i32.load (i32.const 4)))
    (local.set $containers (i32.load (i32.const 8)))
    (local.set $commas (i32.load (i32.const 12)))
    (local.set $within (i64.load (i32.const 16)))
    (local.set $escaping (i64.load (i32.const 24)))
    (local.set $at (i32.const 1024))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $a (v128.load (local.get $at)))
        (local.set $b (v128.load offset=16 (local.get $at)))
        (local.set $c (v128.load offset=32 (local.get $at)))
        (local.set $d (v128.load offset=48 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (local.set $quotes (call $mask (local.get $a) (local.get $b) (local.get $c) (local.get $d)
          (i8x16.splat (i32.const 0x22))))
        (local.set $slashes (call $mask (local.get $a) (local.get $b) (local.get $c) (local.get $d)
          (i8x16.splat (i32.const 0x5c))))
        ;; An escaped quote does not end a string (simdjson, json_escape_scanner).
        (if (i64.eqz (local.get $slashes))
          (then
            (local.set $quotes (i64.and (local.get $quotes) (i64.xor (local.get $escaping) (i64.const -1))))
            (local.set $escaping (i64.const 0)))
          (else
            (local.set $codes (i64.and (local.get $slashes) (i64.xor (local.get $escaping) (i64.const -1))))
            (local.set $codes (i64.xor
              (i64.sub
                (i64.or (i64.shl (local.get $codes) (i64.const 1)) (i64.const 0xaaaaaaaaaaaaaaaa))
                (local.get $codes))
              (i64.const 0xaaaaaaaaaaaaaaaa)))
            (local.set $quotes (i64.and (local.get $quotes) (i64.xor
              (i64.xor (local.get $codes) (i64.or (local.get $slashes) (local.get $escaping)))
              (i64.const -1))))
            (local.set $escaping (i64.shr_u (i64.and (local.get $codes) (local.get $slashes)) (i64.const 63)))))
        ;; Each byte after an odd number of quotes is text.
        (local.set $text (local.get $quotes))
        (if (i64.ne (local.get $quotes) (i64.const 0))
          (then
            (local.set $text (i64.xor (local.get $text) (i64.shl (local.get $text) (i64.const 1))))
            (local.set $text (i64.xor (local.get $text) (i64.shl (local.get $text) (i64.const 2))))
            (local.set $text (i64.xor (local.get $text) (i64.shl (local.get $text) (i64.const 4))))
            (local.set $text (i64.xor (local.get $text) (i64.shl (local.get $text) (i64.const 8))))
            (local.set $text (i64.xor (local.get $text) (i64.shl (local.get $text) (i64.const 16))))
            (local.set $text (i64.xor (local.get $text) (i64.shl (local.get $text) (i64.const 32)))))
          (else (br_if $next (i64.ne (local.get $within) (i64.const 0)))))
        (local.set $text (i64.xor (local.get $text) (local.get $within)))
        (local.set $within (i64.shr_s (local.get $text) (i64.const 63)))
        ;; Bytes that are not text are structure.
        (local.set $text (i64.xor (local.get $text) (i64.const -1)))
        (local.set $commas (i32.add (local.get $commas) (i32.wrap_i64 (i64.popcnt (i64.and (local.get $text)
          (call $mask (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i8x16.splat (i32.const 0x2c))))))))
        ;; Braces and brackets differ in one bit.
        (local.set $a (v128.or (local.get $a) (i8x16.splat (i32.const 0x20))))
        (local.set $b (v128.or (local.get $b) (i8x16.splat (i32.const 0x20))))
        (local.set $c (v128.or (local.get $c) (i8x16.splat (i32.const 0x20))))
        (local.set $d (v128.or (local.get $d) (i8x16.splat (i32.const 0x20))))
        (local.set $open (i64.and (local.get $text)
          (call $mask (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i8x16.splat (i32.const 0x7b)))))
        (local.set $close (i64.and (local.get $text)
          (call $mask (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i8x16.splat (i32.const 0x7d)))))
        (local.set $count (i32.wrap_i64 (i64.popcnt (local.get $open))))
        (local.set $containers (i32.add (local.get $containers) (local.get $count)))
        (if (i32.le_s (i32.add (local.get $depth) (local.get $count)) (local.get $most))
          (then
            (local.set $depth (i32.sub (i32.add (local.get $depth) (local.get $count))
              (i32.wrap_i64 (i64.popcnt (local.get $close)))))
            (br $next)))
        ;; The nesting may become too deep within this block, so its brackets are counted one by one.
        (loop $bracket
          (local.set $bit (i64.or (local.get $open) (local.get $close)))
          (br_if $next (i64.eqz (local.get $bit)))
          (local.set $bit (i64.and (local.get $bit) (i64.sub (i64.const 0) (local.get $bit))))
          (if (i64.eqz (i64.and (local.get $open) (local.get $bit)))
            (then
              (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
              (local.set $close (i64.xor (local.get $close) (local.get $bit))))
            (else
              (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
              (local.set $open (i64.xor (local.get $open) (local.get $bit)))
              (if (i32.gt_s (local.get $depth) (local.get $most)) (then (return (i32.const 1))))))
          (br $bracket))))
    (i32.store (i32.const 0) (local.get $depth))
    (i32.store (i32.const 8) (local.get $containers))
    (i32.store (i32.const 12) (local.get $commas))
    (i64.store (i32.const 16) (local.get $within))
    (i64.store (i32.const 24) (local.get $escaping))
    (i32.const 0)))
