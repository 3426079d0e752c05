# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # lib.sh sets these
#
# Debian suites that this machine's apt is not set up for, reached through the
# mirror that it already uses. Lists lie in the cache: /etc/apt is only read.
# Needs lib.sh.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_site LABEL - the address of the first configured archive with this label.
apt_site()
{
	# shellcheck disable=SC2016 # apt-get fills in the field itself
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' \
		"Label: $1" 2>/dev/null | head -n 1
}

# apt_lists NAME ARCH LINE... - make and fill private lists. A line is
# "deb SUITE" or "deb-src SUITE"; SUITE-security is taken from the security
# archive, and left out when none is configured. Sets $apt_options, to be used
# unquoted.
apt_lists()
{
	lists_dir=$cache/apt/$1
	lists_arch=$2
	shift 2
	case $cache in
	*[[:space:]]*)
		die "white space in the cache's path: $cache" \
			"set XDG_CACHE_HOME to another folder" ;;
	esac
	[ -r "$keyring" ] || die "$keyring is missing" \
		"install the package debian-archive-keyring"
	lists_main=$(apt_site Debian)
	lists_security=$(apt_site Debian-Security)
	[ -n "$lists_main" ] || die "apt knows no Debian archive" \
		"configure one in /etc/apt and run apt-get update"
	mkdir -p "$lists_dir/lists/partial" "$lists_dir/cache"
	for lists_line; do
		lists_suite=${lists_line#* }
		case $lists_suite in
		*-security) lists_site=$lists_security ;;
		*) lists_site=$lists_main ;;
		esac
		[ -z "$lists_site" ] || echo "${lists_line%% *}" \
			"[signed-by=$keyring] $lists_site $lists_suite main"
	done >"$lists_dir/sources.list"
	apt_options="-o Dir::Etc::SourceList=$lists_dir/sources.list
		-o Dir::Etc::SourceParts=/dev/null
		-o Dir::State::lists=$lists_dir/lists
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
		-o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
		-o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
		-o APT::Sandbox::User=root -o Debug::NoLocking=true
		-o APT::Architecture=$lists_arch -o APT::Architectures::=$lists_arch"
	# A mirror may lack one of the suites; what is missing in the end shows.
	# shellcheck disable=SC2086 # a list of options
	apt-get $apt_options -qq update || :
}
