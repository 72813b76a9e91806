# Starts a program in a root file system of its own, as the steps in the arguments say. Run by `unshare`, in new namespaces.
#
# Perl, since it is part of every Debian, Ubuntu and most other Linux systems and can make any system call: a shell would
# need a process for each mount, and has no way to set a seccomp filter. See sandbox.ts, which writes the steps.
#
#   perl launch.pl ARCHITECTURE STEP [ARGUMENT…] … -- PROGRAM [ARGUMENT…]
#
# Every step that fails ends the launch with a message and exit code 125: nothing runs half isolated.
use strict;
# As `use warnings`, whose module takes 1.2 ms to load, at each start of a database.
BEGIN { $^W = 1 }

# The kernel's numbers of system calls (asm/unistd_64.h; asm-generic/unistd.h for arm64).
my %NUMBERS = (
    x64 => { mount => 165, umount2 => 166, pivot_root => 155, prctl => 157, prlimit64 => 302, setpriority => 141, close => 3, close_range => 436 },
    arm64 => { mount => 40, umount2 => 39, pivot_root => 41, prctl => 167, prlimit64 => 261, setpriority => 140, close => 57, close_range => 436 },
);
my $architecture = shift @ARGV // '';
my $NUMBER = $NUMBERS{$architecture} or fail("unknown architecture $architecture");

my ( $RDONLY, $NOSUID, $NODEV, $NOEXEC, $REMOUNT, $BIND, $REC ) = ( 1, 2, 4, 8, 32, 4096, 16384 );
my ( $PDEATHSIG, $SECCOMP, $CAPBSET_READ, $CAPBSET_DROP, $NO_NEW_PRIVS, $CAP_AMBIENT ) = ( 1, 22, 23, 24, 38, 47 );
my $MOST_OPEN = 262_144;
my ( $SIGKILL, $FILTER_MODE, $CLEAR_ALL, $DETACH, $LAST_CAPABILITY ) = ( 9, 2, 4, 2, 63 );

# The new root is built here; programs see its folder `root`, see `enter`.
my $NEW = 'root';

my $lock;
# The process that joins control groups for this one.
my $joining;
my %STEPS = (
    # lock FILE: for as long as this process or one that it starts lives, since its handle stays open in the program.
    lock => [ 1, sub {
        $^F = 255;
        open $lock, '<', $_[0] or fail("open $_[0]");
        flock $lock, 2 | 4 or fail("lock $_[0]");
    } ],
    # cgroups FILES: joins the control groups of these `cgroup.procs` files, a line each, before the program starts.
    cgroups => [ 1, sub { $joining = begin_joining( split /\n/, $_[0] ) } ],
    # score N: the kernel ends a process with a higher score first where memory is short. Left as it is where it may not be.
    score => [ 1, sub { open my $score, '>', '/proc/self/oom_score_adj' or return; print {$score} $_[0]; close $score } ],
    nice => [ 1, sub { call( 'setpriority', 0, 0, $_[0] + 0 ) } ],
    # limit RESOURCE VALUE: soft and hard, by the kernel's number of the resource.
    limit => [ 2, sub { call( 'prlimit64', 0, $_[0] + 0, pack( 'QQ', $_[1], $_[1] ), 0 ) } ],
    # build FOLDER: an empty file system over FOLDER, in this mount namespace alone, holds the new root.
    build => [ 1, sub {
        mount_at( 'tmpfs', $_[0], 'tmpfs', $NOSUID | $NODEV, 'size=256k,mode=755' );
        chdir $_[0] or fail("chdir $_[0]");
        make_folder("$NEW/");
    } ],
    # read / write / program SOURCE PATH: SOURCE can be seen at PATH.
    program => [ 2, sub { bind_at( @_, $RDONLY | $NOSUID | $NODEV ) } ],
    read => [ 2, sub { bind_at( @_, $RDONLY | $NOSUID | $NODEV | $NOEXEC ) } ],
    write => [ 2, sub { bind_at( @_, $NOSUID | $NODEV | $NOEXEC ) } ],
    device => [ 1, sub { bind_at( $_[0], $_[0], $NOSUID | $NOEXEC ) } ],
    temporary => [ 2, sub {
        make_folder("$NEW$_[0]/");
        mount_at( 'tmpfs', "$NEW$_[0]", 'tmpfs', $NOSUID | $NODEV | $NOEXEC, "size=$_[1],mode=1777" );
    } ],
    link => [ 2, sub { symlink $_[0], "$NEW$_[1]" or fail("symlink $_[1]") } ],
    file => [ 2, sub { make_folder("$NEW$_[0]"); write_file( "$NEW$_[0]", $_[1] ) } ],
    # enter: the old root goes, and what is left of it cannot be written. The program's root is a folder of the new root
    # and not the whole of it: the kernel refuses new user namespaces to whom it sees in a chroot (user_namespaces(7)).
    enter => [ 0, sub {
        make_folder('old/');
        call( 'pivot_root', '.', 'old' );
        call( 'umount2', 'old', $DETACH );
        call( 'mount', 'none', '/', 'none', $BIND | $REMOUNT | $RDONLY | $NOSUID | $NODEV, '' );
        chroot $NEW or fail('chroot');
        chdir '/' or fail('chdir /');
    } ],
    # ids UID GID: as this user, in no other group.
    ids => [ 2, sub {
        my ( $uid, $gid ) = @_;
        $) = "$gid $gid";
        $( = $gid;
        ( $<, $> ) = ( $uid, $uid );
        my ( $groups, $real_groups ) = ( $), $( );
        fail('setuid') unless $< == $uid && $> == $uid && $groups eq "$gid $gid" && $real_groups eq "$gid $gid";
    } ],
    # confine FILTER: no capability, none to be had again, and a seccomp filter (hexadecimal; empty for none).
    confine => [ 1, sub {
        call( 'prctl', $NO_NEW_PRIVS, 1, 0, 0, 0 );
        call( 'prctl', $CAP_AMBIENT, $CLEAR_ALL, 0, 0, 0 );
        return if $_[0] eq '';
        my $program = pack 'H*', $_[0];
        call( 'prctl', $SECCOMP, $FILTER_MODE, pack( 'S x![P] P', length($program) / 8, $program ), 0, 0 );
    } ],
    # bound: no capability outside of what this process has now can be had by any child. While capabilities are left.
    bound => [ 0, sub {
        for my $capability ( 0 .. $LAST_CAPABILITY ) {
            # 1: it can be had; 0: not any more; -1: this kernel does not know it.
            next if syscall( $NUMBER->{prctl}, $CAPBSET_READ, $capability, 0, 0, 0 ) != 1;
            call( 'prctl', $CAPBSET_DROP, $capability, 0, 0, 0 );
        }
    } ],
    # die: ends with the process that started it. A change of user clears this, so it comes after `ids`.
    die => [ 0, sub { call( 'prctl', $PDEATHSIG, $SIGKILL, 0, 0, 0 ) } ],
);

while ( defined( my $name = shift @ARGV ) ) {
    last if $name eq '--';
    my $step = $STEPS{$name} or fail("unknown step $name");
    my ( $count, $work ) = @$step;
    fail("$name lacks an argument") if @ARGV < $count;
    $work->( splice @ARGV, 0, $count );
}
fail('no program') unless @ARGV;
finish_joining() if defined $joining;
close_others( defined $lock ? fileno $lock : 2 );
{ local $^W = 0; exec { $ARGV[0] } @ARGV }
fail("exec $ARGV[0]");

# A move to another group waits about 10 ms for all processors (Linux: `cgroup_attach_lock`), so a child asks for it while
# this process goes on. Returns the child's pid.
sub begin_joining {
    my @groups = map { open my $group, '>', $_ or fail("open $_"); $group } @_;
    my $joined = $$;
    my $child = fork // fail('fork');
    return $child if $child;
    for my $group (@groups) { print {$group} $joined and close $group or fail('join a control group') }
    exit 0;
}

# The child has said what failed.
sub finish_joining {
    waitpid( $joining, 0 ) == $joining or fail('wait for the control groups');
    exit 125 if $?;
}

# The program inherits no open file of the service: all descriptors but the standard ones and this are closed.
sub close_others {
    my ($kept) = @_;
    for my $range ( [ 3, $kept - 1 ], [ $kept > 2 ? $kept + 1 : 3, 0xffffffff ] ) {
        my ( $first, $last ) = @$range;
        next if $first > $last || syscall( $NUMBER->{close_range}, $first + 0, $last + 0, 0 ) == 0;
        # Before Linux 5.9.
        syscall $NUMBER->{close}, $_ + 0 for $first .. ( $last < $MOST_OPEN ? $last : $MOST_OPEN );
    }
}

# `syscall` writes to its texts, so it gets copies. Numbers have to be numbers, or they are passed as texts.
sub call {
    my ( $name, @arguments ) = @_;
    syscall( $NUMBER->{$name}, @arguments ) == 0 or fail( join ' ', $name, grep { /^[\x20-\x7e]*$/ } @arguments );
}

sub mount_at {
    my ( $source, $target, $type, $flags, $data ) = @_;
    call( 'mount', $source, $target, $type, $flags, $data );
}

sub bind_at {
    my ( $source, $path, $flags ) = @_;
    my $target = "$NEW$path";
    if ( -d $source ) { make_folder("$target/") }
    else { make_folder($target); write_file( $target, '' ) }
    mount_at( $source, $target, 'none', $BIND | $REC, '' );
    mount_at( 'none', $target, 'none', $BIND | $REMOUNT | $flags, '' );
}

# The folders above a path, and where it ends in a slash the folder itself.
sub make_folder {
    my ($path) = @_;
    for ( my $at = 0 ; ( $at = index $path, '/', $at + 1 ) > 0 ; ) {
        my $folder = substr $path, 0, $at;
        -d $folder or mkdir $folder, 0755 or fail("mkdir $folder");
    }
}

sub write_file {
    my ( $path, $content ) = @_;
    open my $handle, '>', $path or fail("open $path");
    print {$handle} $content and close $handle or fail("write $path");
}

sub fail {
    my ($what) = @_;
    print STDERR "sandbox: $what: $!\n";
    exit 125;
}
