// SPDX-License-Identifier: MIT
// The ELF loader (System V ABI, chapters 4 and 5; ELF-64 Object File Format 1.5). Every number in
// the file is checked before it is used; whole pages of the file are shared with its other users.
// The caller holds the inode's sleep lock.

#include "proc/elf.h"
#include "abi/errno.h"
#include "lib/string.h"

#define ELF_MAGIC           0x464c457f // "\x7f" "ELF", little endian
#define ELF_CLASS_64        2
#define ELF_LITTLE_ENDIAN   1
#define ELF_VERSION         1
#define ELF_TYPE_EXEC       2
#define SEGMENT_LOAD        1
#define SEGMENT_INTERPRETER 3
#define SEGMENT_EXEC        1
#define SEGMENT_WRITE       2
#define SEGMENT_READ        4
#define PROGRAM_HEADERS_MAX 32

struct elf_header {
    uint32_t magic;
    uint8_t class, encoding, header_version, abi[9];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_headers, section_headers; // offsets in the file, the last two
    uint32_t flags;
    uint16_t header_size, program_header_size, program_header_count;
    uint16_t section_header_size, section_header_count, section_names;
};
_Static_assert(sizeof(struct elf_header) == 64, "as the format defines it");

struct program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical_address, file_size, memory_size, alignment;
};
_Static_assert(sizeof(struct program_header) == 56, "as the format defines it");

// All of a range of the file, or -ENOEXEC if the file is shorter.
static int read_exactly(struct inode *inode, uint64_t offset, void *buffer, size_t size) {
    if (offset > inode->size || size > inode->size - offset) return -ENOEXEC;
    int64_t count = inode->operations->read_kernel(inode, offset, buffer, size);
    if (count < 0) return (int)count;
    return (size_t)count == size ? 0 : -ENOEXEC;
}

static int check_header(const struct elf_header *header) {
    bool good =
        header->magic == ELF_MAGIC && header->class == ELF_CLASS_64 &&
        header->encoding == ELF_LITTLE_ENDIAN && header->header_version == ELF_VERSION &&
        header->version == ELF_VERSION && header->type == ELF_TYPE_EXEC &&
        header->machine == ARCH_ELF_MACHINE && header->header_size == sizeof(struct elf_header) &&
        header->program_header_size == sizeof(struct program_header) &&
        header->program_header_count > 0 && header->program_header_count <= PROGRAM_HEADERS_MAX;
    return good ? 0 : -ENOEXEC;
}

static int check_segment(const struct program_header *segment, const struct inode *inode) {
    uint64_t end, file_end;
    bool good = segment->memory_size >= segment->file_size &&
                !__builtin_add_overflow(segment->address, segment->memory_size, &end) &&
                end <= USER_ADDRESS_MAX &&
                !__builtin_add_overflow(segment->offset, segment->file_size, &file_end) &&
                file_end <= inode->size &&
                segment->address % PAGE_SIZE == segment->offset % PAGE_SIZE &&
                (segment->flags & SEGMENT_READ) &&
                !((segment->flags & SEGMENT_WRITE) && (segment->flags & SEGMENT_EXEC));
    return good ? 0 : -ENOEXEC;
}

// The page at `address` holds bytes of the file. It is the file's own page if the segment fills it,
// or ends the file there; otherwise a copy of just the segment's bytes.
static int map_file_page(struct inode *inode, struct address_space *space,
                         const struct program_header *segment, uint64_t address) {
    uint64_t first = segment->address, last = segment->address + segment->file_size;
    uint64_t from = address < first ? first : address;
    uint64_t to = address + PAGE_SIZE < last ? address + PAGE_SIZE : last;
    void *page = NULL;
    if (from == address && to == address + PAGE_SIZE)
        page =
            inode->operations->get_page(inode, (segment->offset + (address - first)) / PAGE_SIZE);
    int error = 0;
    if (!page) {
        page = page_alloc_zeroed();
        if (!page) return -ENOMEM;
        error = read_exactly(inode, segment->offset + (from - first),
                             (char *)page + (from - address), to - from);
    }
    if (!error) error = address_space_map_page(space, address, page);
    if (error) page_put(page);
    return error;
}

static int load_segment(struct inode *inode, struct address_space *space,
                        const struct program_header *segment) {
    if (segment->memory_size == 0 && segment->file_size == 0)
        return 0; // linkers leave empty segments behind, at any address
    int error = check_segment(segment, inode);
    if (error) return error;
    uint32_t flags = PTE_READ | (segment->flags & SEGMENT_WRITE ? PTE_WRITE : 0) |
                     (segment->flags & SEGMENT_EXEC ? PTE_EXEC : 0);
    uint64_t start = page_round_down(segment->address);
    error = address_space_add_region(space, start,
                                     page_round_up(segment->address + segment->memory_size), flags);
    if (error) return error == -EINVAL ? -ENOEXEC : error;
    // What lies behind the file's bytes is demand-zero.
    for (uint64_t at = start; at < segment->address + segment->file_size; at += PAGE_SIZE)
        if ((error = map_file_page(inode, space, segment, at))) return error;
    return 0;
}

static bool is_executable(const struct address_space *space, uint64_t address) {
    for (uint32_t i = 0; i < space->region_count; i++)
        if (address >= space->regions[i].start && address < space->regions[i].end)
            return space->regions[i].flags & PTE_EXEC;
    return false;
}

// The heap begins behind the highest segment.
static int add_heap(struct address_space *space) {
    uint64_t end = 0;
    for (uint32_t i = 0; i < space->region_count; i++)
        if (space->regions[i].end > end) end = space->regions[i].end;
    int error = address_space_set_heap(space, end);
    return error == -EINVAL ? -ENOEXEC : error;
}

int elf_load(struct inode *inode, struct address_space *space, uint64_t *entry) {
    struct elf_header header;
    struct program_header segment;
    int error = read_exactly(inode, 0, &header, sizeof(header));
    if (!error) error = check_header(&header);
    for (uint32_t i = 0; !error && i < header.program_header_count; i++) {
        uint64_t offset;
        if (__builtin_add_overflow(header.program_headers, i * sizeof(segment), &offset))
            return -ENOEXEC;
        error = read_exactly(inode, offset, &segment, sizeof(segment));
        if (!error && segment.type == SEGMENT_INTERPRETER) error = -ENOEXEC;
        if (!error && segment.type == SEGMENT_LOAD) error = load_segment(inode, space, &segment);
    }
    if (error) return error;
    if (!is_executable(space, header.entry)) return -ENOEXEC;
    *entry = header.entry;
    return add_heap(space);
}
