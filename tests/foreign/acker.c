/*
 * A semisynchronous replica that shares no code with MySQL or with this project's plugins: the
 * replication part of MariaDB Connector/C, which answers ACK requests by itself. It announces what its
 * mode says, reads the dump, and prints one line for each ACK that the library sent.
 *
 * acker PORT USER PASSWORD FILE POSITION MODE [tls] [zlib]
 *   MODE  acking  announces itself and acknowledges
 *         mute    announces itself and never reads, so that it never acknowledges
 *         async   announces nothing
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mysql.h>
#include <mariadb_rpl.h>

/* The library knows the old name only; a 9.7 source looks for the new one. */
#define ANNOUNCEMENT "SET @rpl_semi_sync_replica = 1"
/* With checksums it would take the one of the first event for a part of the file's name. */
#define CHECKSUM "SET @source_binlog_checksum = 'NONE'"

#define SERVER_ID 7700u

static int fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  return EXIT_FAILURE;
}

static int connect_to(MYSQL *mysql, char **arguments, int count) {
  int is_compressed = 0;
  my_bool yes = 1, no = 0;
  for (int i = 7; i < count; i++) {
    if (strcmp(arguments[i], "tls") == 0)
      mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    else if (strcmp(arguments[i], "zlib") == 0)
      is_compressed = 1;
    else
      return fail("unknown word", arguments[i]);
  }
  if (is_compressed)
    mysql_optionsv(mysql, MYSQL_OPT_COMPRESS, NULL);
  /* Newer libraries check certificates unless told not to; the test servers' are their own. */
  mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
  mysql_optionsv(mysql, MYSQL_PLUGIN_DIR, PLUGIN_DIR);
  if (!mysql_real_connect(mysql, "127.0.0.1", arguments[2], arguments[3], NULL,
                          (unsigned int)atoi(arguments[1]), NULL, 0))
    return fail("connect", mysql_error(mysql));
  const char *cipher = mysql_get_ssl_cipher(mysql);
  printf("connected cipher=%s\n", cipher ? cipher : "none");
  return EXIT_SUCCESS;
}

static int open_dump(MYSQL *mysql, MARIADB_RPL *rpl, char **arguments, int is_announced) {
  if (mysql_query(mysql, CHECKSUM))
    return fail(CHECKSUM, mysql_error(mysql));
  if (is_announced && mysql_query(mysql, ANNOUNCEMENT))
    return fail(ANNOUNCEMENT, mysql_error(mysql));
  mariadb_rpl_optionsv(rpl, MARIADB_RPL_SERVER_ID, SERVER_ID);
  mariadb_rpl_optionsv(rpl, MARIADB_RPL_FILENAME, arguments[4], strlen(arguments[4]));
  mariadb_rpl_optionsv(rpl, MARIADB_RPL_START, strtoul(arguments[5], NULL, 10));
  mariadb_rpl_optionsv(rpl, MARIADB_RPL_SEMI_SYNC, (uint32_t)is_announced);
  if (mariadb_rpl_open(rpl))
    return fail("open the dump", mysql_error(mysql));
  puts("opened");
  return EXIT_SUCCESS;
}

static int read_dump(MYSQL *mysql, MARIADB_RPL *rpl) {
  MARIADB_RPL_EVENT *event = NULL;
  while ((event = mariadb_rpl_fetch(rpl, event))) {
    const char *word = "event";
    if (mariadb_rpl_errno(rpl))
      return fail("event", mariadb_rpl_error(rpl));
    if (event->is_semi_sync && event->semi_sync_flags == SEMI_SYNC_ACK_REQ)
      word = "acknowledged";
    const char *file = NULL;
    size_t length = 0;
    mariadb_rpl_get_optionsv(rpl, MARIADB_RPL_FILENAME, &file, &length);
    printf("%s type=%d at=%.*s:%u\n", word, (int)event->event_type, (int)length, file,
           event->next_event_pos);
  }
  if (mariadb_rpl_errno(rpl))
    return fail("event", mariadb_rpl_error(rpl));
  return fail("the dump ended", mysql_error(mysql));
}

int main(int count, char **arguments) {
  if (count < 7)
    return fail("usage", "acker PORT USER PASSWORD FILE POSITION MODE [tls] [zlib]");
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("library %s\n", mysql_get_client_info());
  MYSQL *mysql = mysql_init(NULL);
  MARIADB_RPL *rpl = mariadb_rpl_init(mysql);
  if (!mysql || !rpl)
    return fail("start", "no memory");
  int is_announced = strcmp(arguments[6], "async") != 0;
  if (connect_to(mysql, arguments, count) || open_dump(mysql, rpl, arguments, is_announced))
    return EXIT_FAILURE;
  if (strcmp(arguments[6], "mute") == 0)
    for (;;)
      pause();
  return read_dump(mysql, rpl);
}
