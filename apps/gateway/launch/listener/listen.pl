# Listens for a program and keeps the program running: the socket outlives it, so that clients wait while it starts again.
#
# Perl, since it is part of every Debian, Ubuntu, macOS and most other systems. Node can neither hand a listening socket to
# another program without accepting on it, nor set a socket's filter. See listener.ts, which starts this.
#
#   perl listen.pl ARCHITECTURE ADDRESS PORT MOST PROGRAM [ARGUMENT…]
#
# {fd} in an argument becomes the number of the socket. While the port has MOST connections, new ones of everybody are
# refused; that is decided here, and not by the caller, which may be busy.
#
# Standard output says `listening PORT`, and `started PID` at each start. Standard input takes lines:
#
#   filter HEX    sets the filter of the socket (struct sock_filter of linux/filter.h, one after another)
#   count LEAST   answered by `counts OPENED TOTAL CLIENT=N …`: the connections that clients opened to any port of the machine
#                 since the last answer, those that the port has, and those of each client that has several; by
#                 `counts OPENED 0` where the machine has fewer sockets than LEAST; or by `counts unavailable`
#
# The end of standard input is the end of the program: the process that started this is gone.
use strict;
use warnings;
use POSIX qw(:errno_h :sys_wait_h _exit);
use Socket qw(:DEFAULT :addrinfo);

# Where the kernel's number is not known here, or there is no such call, the program is ended by the end of standard input.
my %PRCTL = ( x64 => 157, arm64 => 167 );
my ( $PDEATHSIG, $SIGKILL, $SO_ATTACH_FILTER ) = ( 1, 9, 26 );
# linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h. ESTABLISHED and CLOSE_WAIT (net/tcp_states.h) take a descriptor
# of the program. A state before them needs no answer of the address that it names, which could then be forged.
my ( $AF_NETLINK, $SOCK_DIAG, $DIAG_BY_FAMILY, $REQUEST_DUMP, $NLMSG_ERROR, $NLMSG_DONE ) = ( 16, 4, 20, 0x301, 2, 3 );
my ( $IPPROTO_TCP, $CONNECTED ) = ( 6, 1 << 1 | 1 << 8 );
# Classic BPF: accept everything; accept what asks for no connection, which is what has not SYN alone of SYN and ACK.
my $ACCEPT_ALL = bpf( [ 0x06, 0, 0, 0xffffffff ] );
my $REFUSE_ALL =
  bpf( [ 0x30, 0, 0, 13 ], [ 0x54, 0, 0, 0x12 ], [ 0x15, 1, 0, 0x02 ], [ 0x06, 0, 0, 0xffffffff ], [ 0x06, 0, 0, 0 ] );
my $READMIT_SHARE = 0.8;
my ( $BACKLOG, $SHORT_LIFE_S, $LONGEST_PAUSE_S, $STOP_S, $LOOK_S ) = ( 4096, 1, 2, 1.5, 0.05 );

my ( $architecture, $address, $port, $most, @program ) = @ARGV;

$^F = 255;    # The socket and the descriptors of the caller stay open in the program.
my $socket = listen_at( $address, $port );
my $fd     = fileno $socket;
s/\{fd\}/$fd/g for @program;
$| = 1;
$port = port_of($socket);
say_line("listening $port");

my ( $child, $started, $pause, $is_ending, $input ) = ( 0, 0, 0, 0, '' );
my ( $filter, $is_full, $opened ) = ( $ACCEPT_ALL, 0, opened_by_clients() );
$SIG{TERM} = $SIG{INT} = sub { $is_ending = 1 };
$SIG{PIPE} = 'IGNORE';

until ($is_ending) {
    start() if !$child && time - $started >= $pause;
    my $ready = '';
    vec( $ready, 0, 1 ) = 1;
    if ( ( select $ready, undef, undef, $LOOK_S ) > 0 ) {
        my $count = sysread STDIN, $input, 65536, length $input;
        $is_ending = 1 if defined $count && $count == 0;
        while ( $input =~ s/^(\w+) ?(.*)\n// ) { $1 eq 'filter' ? keep_filter( pack 'H*', $2 ) : say_line( answer_to($2) ) }
    }
    refuse_beyond($most);
    if ( $child && waitpid( $child, WNOHANG ) > 0 ) {
        $child = 0;
        # At once the first time; a program that ends over and over is started less and less often.
        $pause = time - $started > $SHORT_LIFE_S ? 0 : $pause * 2 || 0.25;
        $pause = $LONGEST_PAUSE_S if $pause > $LONGEST_PAUSE_S;
    }
}
end();

sub listen_at {
    my ( $host, $service ) = @_;
    my ( $error, @found ) = getaddrinfo( $host, $service, { socktype => SOCK_STREAM, flags => AI_PASSIVE | AI_NUMERICHOST } );
    die "$host is not an address: $error\n" if $error;
    my $info = $found[0];
    socket my $listener, $info->{family}, SOCK_STREAM, 0 or die "socket: $!\n";
    setsockopt $listener, SOL_SOCKET, SO_REUSEADDR, 1 or die "setsockopt: $!\n";
    bind $listener, $info->{addr} or die "bind $host:$service: $!\n";
    listen $listener, $BACKLOG or die "listen: $!\n";
    return $listener;
}

sub port_of {
    my ( $error, undef, $service ) = getnameinfo( getsockname $_[0], NI_NUMERICHOST | NI_NUMERICSERV );
    die "getsockname: $error\n" if $error;
    return $service;
}

sub start {
    $started = time;
    my $parent = $$;
    $child = fork // die "fork: $!\n";
    if ($child) { say_line("started $child"); return }
    syscall $PRCTL{$architecture}, $PDEATHSIG, $SIGKILL, 0, 0, 0 if $PRCTL{$architecture};
    _exit(1) if getppid() != $parent;
    open STDIN,  '<',  '/dev/null' or _exit(1);
    open STDOUT, '>&', \*STDERR    or _exit(1);
    exec {$program[0]} @program or do { print STDERR "$program[0]: $!\n"; _exit(127) };
}

sub answer_to {
    my ($least) = @_;
    my $counts = counts_from($least);
    return 'counts unavailable' if !defined $counts;
    my $before = $opened;
    $opened = opened_by_clients();
    return join ' ', 'counts', $opened - $before, $counts;
}

# The port's own connections are counted only where they may be so many. Undefined where the system does not tell.
sub counts_from {
    my ($least) = @_;
    my $in_use = sockets_in_use();
    return defined $in_use && $in_use < $least ? '0' : counts();
}

# Connections that clients have opened to any port of the machine (PassiveOpens, RFC 4022), which the kernel counts at no cost.
sub opened_by_clients {
    open my $file, '<', '/proc/net/snmp' or return 0;
    my @tcp = grep { /^Tcp:/ } <$file>;
    return ( split ' ', $tcp[1] // '' )[6] // 0;
}

# Asks the kernel for the connections of both families (sock_diag(7)): thousands take milliseconds, and those that have
# ended (TIME_WAIT) are left out, of which /proc/net/tcp may list a hundred thousand.
sub counts {
    my ( $total, %counts ) = (0);
    socket my $diag, $AF_NETLINK, SOCK_RAW, $SOCK_DIAG or return;
    for my $family ( AF_INET, AF_INET6 ) {
        my $request = pack 'CCCCL nn x44', $family, $IPPROTO_TCP, 0, 0, $CONNECTED, $port, 0;
        my $message = pack( 'LSSLL', 16 + length $request, $DIAG_BY_FAMILY, $REQUEST_DUMP, 1, 0 ) . $request;
        send $diag, $message, 0, pack( 'SSLL', $AF_NETLINK, 0, 0, 0 ) or return;
      REPLY: while (1) {
            defined recv $diag, my $reply, 262144, 0 or return;
            for ( my $at = 0 ; $at + 16 <= length $reply ; ) {
                my ( $length, $type ) = unpack 'LS', substr $reply, $at, 6;
                return if $type == $NLMSG_ERROR || $length < 16;
                last REPLY if $type == $NLMSG_DONE;
                # struct inet_diag_msg: family, state, timer, retransmits, both ports, both addresses.
                my ( $is_of, $local, $client ) = unpack 'C x3 n x2 x16 a16', substr $reply, $at + 16, 40;
                if ( $local == $port ) { $total++; $counts{ client( $is_of, $client ) }++ }
                $at += ( $length + 3 ) & ~3;
            }
        }
    }
    return join ' ', $total, map { "$_=$counts{$_}" } grep { $counts{$_} > 3 } keys %counts;
}

# A client as connections are limited by it: an IPv4 address, or a /64 of IPv6.
sub client {
    my ( $family, $address ) = @_;
    return 'v4:' . unpack 'H8', $address if $family == AF_INET;
    return 'v4:' . unpack 'H8', substr $address, 12 if substr( $address, 0, 12 ) eq "\0" x 10 . "\xff\xff";
    return 'v6:' . unpack 'H16', $address;
}

sub refuse_beyond {
    my ($limit) = @_;
    my $counts = counts_from( $is_full ? 0 : $limit ) // return;
    my ($total) = split ' ', $counts;
    my $is_over = $total >= $limit * ( $is_full ? $READMIT_SHARE : 1 ) ? 1 : 0;
    return if $is_over == $is_full;
    $is_full = $is_over;
    set_filter( $is_full ? $REFUSE_ALL : $filter );
    say_line( $is_full ? 'full' : 'open' );
}

# TCP sockets on the whole machine, without those that have ended: a few short lines. Undefined where the system does not
# tell.
sub sockets_in_use {
    my $count;
    for my $path ( '/proc/net/sockstat', '/proc/net/sockstat6' ) {
        open my $file, '<', $path or next;
        while (<$file>) { $count += $1 if /^TCP6?: inuse (\d+)/ }
    }
    return $count;
}

sub bpf {
    return join '', map { pack 'SCCL', @{$_} } @_;
}

sub keep_filter {
    ($filter) = @_;
    set_filter($filter) if !$is_full;
}

sub set_filter {
    my ($code) = @_;
    my $fprog = pack 'S x![P] P', length($code) / 8, $code;
    setsockopt $socket, SOL_SOCKET, $SO_ATTACH_FILTER, $fprog or print STDERR "SO_ATTACH_FILTER: $!\n";
}

sub end {
    return if !$child;
    kill 'TERM', $child;
    for ( my $left = $STOP_S ; $left > 0 ; $left -= $LOOK_S ) {
        return if waitpid( $child, WNOHANG ) != 0;
        select undef, undef, undef, $LOOK_S;
    }
    kill 'KILL', $child;
    waitpid $child, 0;
}

sub say_line { syswrite STDOUT, "$_[0]\n" }
