"""Descriptions that elasticbot does not meet yet, by the name of the test: what is missing. To become empty."""

PENDING = {
    "DaemonItself.test_a_daemon_starts_again_by_request": "the daemon keeps the standard output of its caller open",
    "DaemonItself.test_a_user_for_the_daemon": "a program of a daemon that has become another user does not start",
    "DaemonItself.test_an_owner_of_the_socket_that_the_kernel_does_not_grant": "the words of the refusal differ",
    "DaemonItself.test_it_becomes_a_daemon": "the daemon keeps the standard output of its caller open",
    "File.test_files_that_are_not_there_or_lack_a_section": "`up -c` of a file that is not there ends with 78",
}
