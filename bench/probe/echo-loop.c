/*
 * The least that an echo can cost: what the sensor does, in C, without any of what makes it a sensor.
 * Raw ICMP socket, sendmmsg and recvmmsg, kernel stamps of both ends (SO_TIMESTAMPING TX and RX, the stamp
 * of a send read from the error queue), sends paced evenly in ticks. Each answer's round trip is taken
 * from its two stamps; nothing is checked further, kept or told.
 *
 *   echo-loop 4|6 FIRST-ADDRESS TARGETS ECHOES-PER-SECOND SECONDS TICK-US
 *
 * Prints one line of JSON. bench/probe/c-loop.ts compiles and runs it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 256, PAYLOAD = 28, PACKET = 8 + PAYLOAD, SLOT = 256, CONTROL = 128, REMEMBERED = 1 << 20 };

struct batch {
  struct mmsghdr headers[BATCH];
  struct iovec vectors[BATCH];
  struct sockaddr_in6 names[BATCH]; /* room for either family */
  uint8_t bytes[BATCH][SLOT];
  uint8_t control[BATCH][CONTROL] __attribute__((aligned(8)));
};

static struct batch outgoing, incoming, returned;
static struct timespec sent_at[REMEMBERED];
static int family, fd;
static uint64_t sent, replies, stamped, failed;
static double rtt_sum_us;
static uint16_t ident;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint16_t checksum(const uint8_t *bytes, int length) {
  uint32_t sum = 0;
  for (int at = 0; at < length; at += 2) sum += bytes[at] | bytes[at + 1] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

static void prepare(struct batch *batch, int control) {
  for (int i = 0; i < BATCH; i++) {
    struct msghdr *header = &batch->headers[i].msg_hdr;
    batch->vectors[i].iov_base = batch->bytes[i];
    batch->vectors[i].iov_len = SLOT;
    header->msg_name = &batch->names[i];
    header->msg_namelen = sizeof(batch->names[i]);
    header->msg_iov = &batch->vectors[i];
    header->msg_iovlen = 1;
    header->msg_control = control ? batch->control[i] : NULL;
    header->msg_controllen = control ? CONTROL : 0;
  }
}

static int receive(struct batch *batch, int flags) {
  int count = recvmmsg(fd, batch->headers, BATCH, flags | MSG_DONTWAIT, NULL);
  return count < 0 ? 0 : count;
}

static void put_room_back(struct batch *batch, int count) {
  for (int i = 0; i < count; i++) {
    batch->headers[i].msg_hdr.msg_namelen = sizeof(batch->names[i]);
    batch->headers[i].msg_hdr.msg_controllen = CONTROL;
  }
}

static const struct timespec *stamp_of(struct batch *batch, int i) {
  struct msghdr *header = &batch->headers[i].msg_hdr;
  for (struct cmsghdr *one = CMSG_FIRSTHDR(header); one; one = CMSG_NXTHDR(header, one))
    if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_TIMESTAMPING)
      return (const struct timespec *)CMSG_DATA(one);
  return NULL;
}

static uint32_t serial_at(const uint8_t *icmp) {
  uint32_t serial;
  memcpy(&serial, icmp + 8, 4);
  return serial & (REMEMBERED - 1);
}

/* The packet comes back with its stamp, whatever headers stand before it. */
static void read_returned(void) {
  for (int count = BATCH; count == BATCH;) {
    count = receive(&returned, MSG_ERRQUEUE);
    for (int i = 0; i < count; i++) {
      const struct timespec *stamp = stamp_of(&returned, i);
      int length = returned.headers[i].msg_len;
      if (!stamp || length < PACKET) continue;
      sent_at[serial_at(returned.bytes[i] + length - PACKET)] = *stamp;
      stamped++;
    }
    put_room_back(&returned, count);
  }
}

static void read_answers(void) {
  for (int count = BATCH; count == BATCH;) {
    count = receive(&incoming, 0);
    read_returned();
    for (int i = 0; i < count; i++) {
      const struct timespec *stamp = stamp_of(&incoming, i);
      const uint8_t *icmp = incoming.bytes[i];
      if (family == AF_INET) icmp += (icmp[0] & 15) * 4;
      if (!stamp || icmp[0] != (family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY)) continue;
      if (icmp[4] != ident >> 8 || icmp[5] != (ident & 255)) continue;
      const struct timespec *began = &sent_at[serial_at(icmp)];
      rtt_sum_us += (stamp->tv_sec - began->tv_sec) * 1e6 + (stamp->tv_nsec - began->tv_nsec) / 1e3;
      replies++;
    }
    put_room_back(&incoming, count);
  }
}

static void fill(int i, const struct sockaddr_in6 *targets, uint32_t target_count, uint32_t serial) {
  uint8_t *packet = outgoing.bytes[i];
  outgoing.names[i] = targets[serial % target_count];
  packet[2] = packet[3] = 0;
  packet[6] = serial >> 8;
  packet[7] = serial;
  memcpy(packet + 8, &serial, 4);
  if (family == AF_INET) {
    uint16_t sum = checksum(packet, PACKET);
    memcpy(packet + 2, &sum, 2);
  }
}

static void send_until(uint64_t due, const struct sockaddr_in6 *targets, uint32_t target_count) {
  while (sent < due) {
    int count = due - sent < BATCH ? (int)(due - sent) : BATCH;
    for (int i = 0; i < count; i++) fill(i, targets, target_count, (uint32_t)sent + i);
    for (int at = 0; at < count;) {
      int taken = sendmmsg(fd, outgoing.headers + at, count - at, MSG_DONTWAIT);
      if (taken < 0) failed++;
      at += taken < 0 ? 1 : taken;
    }
    sent += count;
  }
}

static void open_socket(void) {
  fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
  if (fd < 0) die("socket");
  int buffer = 16 << 20;
  int stamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps)) die("SO_TIMESTAMPING");
  if (family == AF_INET) {
    uint32_t blocked = ~(1u << ICMP_ECHOREPLY);
    if (setsockopt(fd, SOL_RAW, 1 /* ICMP_FILTER */, &blocked, sizeof blocked)) die("ICMP_FILTER");
  } else {
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter)) die("ICMP6_FILTER");
  }
}

/* FIRST-ADDRESS and those that follow it. */
static struct sockaddr_in6 *make_targets(const char *first, uint32_t count) {
  struct sockaddr_in6 *targets = calloc(count, sizeof *targets);
  for (uint32_t i = 0; i < count; i++) {
    if (family == AF_INET) {
      struct sockaddr_in *address = (struct sockaddr_in *)&targets[i];
      address->sin_family = AF_INET;
      inet_pton(AF_INET, first, &address->sin_addr);
      address->sin_addr.s_addr = htonl(ntohl(address->sin_addr.s_addr) + i);
    } else {
      targets[i].sin6_family = AF_INET6;
      inet_pton(AF_INET6, first, &targets[i].sin6_addr);
      uint32_t low = htonl(ntohl(targets[i].sin6_addr.s6_addr32[3]) + i);
      targets[i].sin6_addr.s6_addr32[3] = low;
    }
  }
  return targets;
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  family = atoi(argv[1]) == 4 ? AF_INET : AF_INET6;
  uint32_t target_count = atoi(argv[3]);
  double rate = atof(argv[4]), seconds = atof(argv[5]);
  uint64_t tick_ns = atoi(argv[6]) * 1000ull, wanted = rate * seconds;
  struct sockaddr_in6 *targets = make_targets(argv[2], target_count);
  ident = getpid();
  open_socket();
  prepare(&outgoing, 0);
  prepare(&incoming, 1);
  prepare(&returned, 1);
  for (int i = 0; i < BATCH; i++) {
    outgoing.vectors[i].iov_len = PACKET;
    outgoing.headers[i].msg_hdr.msg_namelen = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    outgoing.bytes[i][0] = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    outgoing.bytes[i][4] = ident >> 8;
    outgoing.bytes[i][5] = ident & 255;
  }

  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (uint64_t tick = 1;; tick++) {
    uint64_t at = start.tv_nsec + tick * tick_ns;
    struct timespec next = {start.tv_sec + at / 1000000000, at % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    clock_gettime(CLOCK_MONOTONIC, &now);
    double passed = now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9;
    read_answers();
    uint64_t due = passed * rate;
    send_until(due < wanted ? due : wanted, targets, target_count);
    if (passed > seconds + 1) break; /* a second for the last answers */
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"sent\":%lu,\"replies\":%lu,\"stamped\":%lu,\"failed\":%lu,\"meanRttUs\":%.3f,"
         "\"userSeconds\":%.6f,\"systemSeconds\":%.6f}\n",
         sent, replies, stamped, failed, rtt_sum_us / (replies ? replies : 1),
         used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6, used.ru_stime.tv_sec + used.ru_stime.tv_usec / 1e6);
  return 0;
}
