// SPDX-License-Identifier: MIT
// Who pays for files in memory: random writes and truncations by several accounts, after each of
// which the ledger agrees with the pages that are there, and nobody was charged for others' acts.
#include <check.h>

#include "abi/fcntl.h"
#include "cap/account.h"
#include "fs/ramfs_internal.h"
#include "fs_support.h"

#define ACCOUNTS 3 // the first encloses the others
#define FILES    3

static struct account *accounts[ACCOUNTS];
static struct file *files[FILES];

static void act_for(struct account *account) { thread_current()->account = account; }

static void setup(void) {
    fs_setup();
    test_random_seed(1);
    uint64_t limit[ACCOUNT_RESOURCES] = {[ACCOUNT_PAGES] = 60};
    accounts[0] = account_create(account_root(), limit);
    limit[ACCOUNT_PAGES] = 40;
    for (int i = 1; i < ACCOUNTS; i++) accounts[i] = account_create(accounts[0], limit);
    static const char *const names[FILES] = {"/a", "/b", "/c"};
    for (int i = 0; i < FILES; i++) files[i] = file_at(names[i], O_RDWR | O_CREAT);
}

static struct ramfs_file *contents_of(struct file *file) { return ramfs_file_of(file->target); }

static void truncate_file(struct file *file, uint64_t size) {
    struct inode *inode = file->target;
    sleep_lock_acquire(&inode->lock);
    require(inode->operations->truncate(inode, size) == 0);
    sleep_lock_release(&inode->lock);
}

// What is charged for each file is what it has, and all of that what the accounts are charged.
static void check_ledger(void) {
    uint64_t charged[ACCOUNTS] = {0};
    for (int i = 0; i < FILES; i++) {
        uint64_t pages = 0;
        const struct ramfs_charge *charge = contents_of(files[i])->charges;
        for (; charge; charge = charge->next) {
            require(charge->pages > 0);
            pages += charge->pages;
            for (int k = 0; k < ACCOUNTS; k++)
                charged[k] += charge->account == accounts[k] ? charge->pages : 0;
        }
        require(pages == contents_of(files[i])->pages.count);
    }
    for (int k = 0; k < ACCOUNTS; k++) require(accounts[k]->kernel_pages == charged[k]);
    for (int k = 1; k < ACCOUNTS; k++) charged[0] += charged[k];
    for (int k = 0; k < ACCOUNTS; k++) require(accounts[k]->used[ACCOUNT_PAGES] == charged[k]);
}

static void write_somewhere(int actor) {
    struct file *file = files[test_random(FILES)];
    uint64_t others[ACCOUNTS];
    for (int k = 0; k < ACCOUNTS; k++) others[k] = accounts[k]->kernel_pages;
    uint64_t pages = contents_of(file)->pages.count;
    file_seek(file, test_random(30) * PAGE_SIZE + test_random(PAGE_SIZE), SEEK_SET);
    int64_t written = file_write(file, user, 1 + test_random(4 * PAGE_SIZE));
    require(written > 0 || written == -ENOSPC);
    uint64_t grown = contents_of(file)->pages.count - pages;
    for (int k = 0; k < ACCOUNTS; k++)
        require(accounts[k]->kernel_pages == others[k] + (k == actor ? grown : 0));
}

static void truncate_some(void) {
    struct file *file = files[test_random(FILES)];
    uint64_t before[ACCOUNTS], size = test_random(30 * PAGE_SIZE);
    for (int k = 0; k < ACCOUNTS; k++) before[k] = accounts[k]->kernel_pages;
    truncate_file(file, size);
    for (int k = 0; k < ACCOUNTS; k++) require(accounts[k]->kernel_pages <= before[k]);
}

START_TEST(whoever_makes_a_file_grow_pays) {
    bool refused = false;
    for (int i = 0; i < 20000; i++) {
        int actor = (int)test_random(ACCOUNTS);
        act_for(accounts[actor]);
        if (test_random(4))
            write_somewhere(actor);
        else
            truncate_some();
        check_ledger();
        refused |= accounts[0]->used[ACCOUNT_PAGES] > 60 - PAGE_ARRAY_DEPTH;
    }
    ck_assert(refused); // the limits mattered
    act_for(NULL);
    for (int i = 0; i < FILES; i++) truncate_file(files[i], 0);
    check_ledger();
    for (int k = ACCOUNTS - 1; k >= 0; k--) {
        ck_assert_uint_eq(accounts[k]->references, 1); // the test's own
        account_put(accounts[k]);
    }
}
END_TEST

START_TEST(names_are_paid_for) {
    act_for(accounts[1]);
    file_make("/d", "");
    ck_assert_uint_eq(accounts[1]->kernel_pages, 1);
    act_for(accounts[2]);
    ck_assert_int_eq(path_link("/d", "/e"), 0);
    ck_assert_int_eq(path_rename("/d", "/f"), 0); // whoever renames it pays from now on
    ck_assert_uint_eq(accounts[1]->kernel_pages, 0);
    ck_assert_uint_eq(accounts[2]->kernel_pages, 2);
    ck_assert_int_eq(path_rename("/e", "/a"), 0); // takes the place of a name
    ck_assert_uint_eq(accounts[2]->kernel_pages, 1);
    act_for(NULL);
    ck_assert_int_eq(path_unlink("/f"), 0);
    ck_assert_uint_eq(accounts[2]->used[ACCOUNT_PAGES], 0);
    ck_assert_uint_eq(accounts[0]->used[ACCOUNT_PAGES], 0);
}
END_TEST

Suite *ramfs_charge_suite(void) {
    Suite *suite = suite_create("ramfs charge");
    TCase *tests = tcase_create("ramfs charge");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, whoever_makes_a_file_grow_pays);
    tcase_add_test(tests, names_are_paid_for);
    suite_add_tcase(suite, tests);
    return suite;
}
