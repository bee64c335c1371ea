// SPDX-License-Identifier: MIT
// The devices without hardware. The random lock guards the generator's key; each read takes a key
// of its own from it and makes its bytes without the lock.
#include "dev/virtio_entropy.h"
#include "dev/null_devices.h"

#include "abi/errno.h"
#include "fs/device.h"
#include "lib/string.h"
#include "mem/uaccess.h"
#include "sched/thread.h"

// ---- /dev/null and /dev/zero -------------------------------------------------------------------

static int64_t null_read(const struct cap_ref *ref, uint64_t buffer, size_t size) {
    (void)ref, (void)buffer, (void)size;
    return 0;
}

static int64_t null_write(const struct cap_ref *ref, uint64_t buffer, size_t size) {
    (void)ref, (void)buffer;
    return (int64_t)size;
}

// The result of a copy loop that has come this far when it must stop.
static int64_t count_or_error(size_t done, int64_t error) {
    return done > 0 ? (int64_t)done : error;
}

static int64_t zero_read(const struct cap_ref *ref, uint64_t buffer, size_t size) {
    static const char zeros[512];
    size_t done = 0;
    while (done < size) {
        size_t part = size - done < sizeof(zeros) ? size - done : sizeof(zeros);
        if (!cap_ref_is_live(ref)) return count_or_error(done, -EBADF);
        if (thread_current()->killed) return count_or_error(done, -EINTR);
        if (copy_to_user(buffer + done, zeros, part) != 0) return count_or_error(done, -EFAULT);
        done += part;
    }
    return (int64_t)done;
}

// ---- /dev/random -------------------------------------------------------------------------------

// The ChaCha20 block function of RFC 8439, section 2.3.
#define CHACHA_ROUNDS 20
#define CHACHA_WORDS  16
#define KEY_WORDS     8

static struct spinlock random_lock = SPINLOCK_INIT(LOCK_RANDOM);
static uint32_t random_key[KEY_WORDS];
static uint64_t random_counter;

static void quarter_round(uint32_t *words, int a, int b, int c, int d) {
#define ROTATE_LEFT(word, bits) ((word) << (bits) | (word) >> (32 - (bits)))
    words[a] += words[b];
    words[d] = ROTATE_LEFT(words[d] ^ words[a], 16);
    words[c] += words[d];
    words[b] = ROTATE_LEFT(words[b] ^ words[c], 12);
    words[a] += words[b];
    words[d] = ROTATE_LEFT(words[d] ^ words[a], 8);
    words[c] += words[d];
    words[b] = ROTATE_LEFT(words[b] ^ words[c], 7);
#undef ROTATE_LEFT
}

static void chacha_block(uint32_t out[CHACHA_WORDS], const uint32_t key[KEY_WORDS],
                         uint64_t counter, uint64_t nonce) {
    uint32_t start[CHACHA_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}; // "expand ..."
    memcpy(start + 4, key, KEY_WORDS * sizeof(uint32_t));
    memcpy(start + 12, &counter, sizeof(counter));
    memcpy(start + 14, &nonce, sizeof(nonce));
    memcpy(out, start, sizeof(start));
    for (int i = 0; i < CHACHA_ROUNDS; i += 2) {
        for (int column = 0; column < 4; column++)
            quarter_round(out, column, 4 + column, 8 + column, 12 + column);
        for (int column = 0; column < 4; column++)
            quarter_round(out, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4,
                          12 + (column + 3) % 4);
    }
    for (int i = 0; i < CHACHA_WORDS; i++) out[i] += start[i];
}

// A fresh key for one read. The generator's own key is replaced at the same time, so that nobody
// can compute backwards from what is in memory; new entropy enters through the nonce.
static void random_take_key(uint32_t key[KEY_WORDS]) {
    uint32_t block[CHACHA_WORDS];
    uint64_t entropy = arch_entropy();
    spinlock_acquire(&random_lock);
    chacha_block(block, random_key, random_counter++, entropy);
    memcpy(random_key, block, sizeof(random_key));
    spinlock_release(&random_lock);
    memcpy(key, block + KEY_WORDS, KEY_WORDS * sizeof(uint32_t));
}

// What a device delivers is mixed into the key: it can only make it better.
static void random_mix_in(const void *bytes, size_t size) {
    uint32_t block[CHACHA_WORDS];
    spinlock_acquire(&random_lock);
    for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, (const char *)bytes + done,
               size - done < sizeof(word) ? size - done : sizeof(word));
        chacha_block(block, random_key, random_counter++, word);
        memcpy(random_key, block, sizeof(random_key));
    }
    spinlock_release(&random_lock);
}

static int64_t random_read(const struct cap_ref *ref, uint64_t buffer, size_t size) {
    uint32_t key[KEY_WORDS], block[CHACHA_WORDS];
    size_t done = 0;
    random_take_key(key);
    virtio_entropy_ask(); // for the next one
    for (uint64_t counter = 0; done < size; counter++) {
        size_t part = size - done < sizeof(block) ? size - done : sizeof(block);
        if (!cap_ref_is_live(ref)) return count_or_error(done, -EBADF);
        if (thread_current()->killed) return count_or_error(done, -EINTR);
        chacha_block(block, key, counter, 0);
        if (copy_to_user(buffer + done, block, part) != 0) return count_or_error(done, -EFAULT);
        done += part;
    }
    return (int64_t)done;
}

// ---- Start -------------------------------------------------------------------------------------

static const struct device null_device = {"null", null_read, null_write, NULL, NULL};
static const struct device zero_device = {"zero", zero_read, null_write, NULL, NULL};
static const struct device random_device = {"random", random_read, NULL, NULL, NULL};

void null_devices_init(void) {
    for (int i = 0; i < KEY_WORDS; i += 2) {
        uint64_t entropy = arch_entropy();
        memcpy(random_key + i, &entropy, sizeof(entropy));
    }
    virtio_entropy_init(random_mix_in);
    device_register(&null_device);
    device_register(&zero_device);
    device_register(&random_device);
}
