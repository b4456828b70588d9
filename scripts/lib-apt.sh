# shellcheck shell=bash
# A private apt: its own sources, lists and state, so that nothing is installed
# over the machine and none of its settings change. Mirrors, proxies and
# credentials are the host's own; its hooks are not run.

# Where the host gets a suite from ("" when it doesn't).
apt_mirror_of() { # suite
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' |
		awk -v suite="$1" '$1 == suite && $2 == "main" { print $3; exit }'
}

apt_write_sources() { # file
	local host suite uri signed=

	host=$(distro_of_host)
	[ ! -e "$KEYRING" ] || signed=" signed-by=$KEYRING"
	for suite in $SUITES; do
		case $suite in
		*-security) uri=$(apt_mirror_of "$host-security") ;;
		*) uri=$(apt_mirror_of "$host") ;;
		esac
		if [ -z "$uri" ]; then
			say "no mirror for $suite in the host's apt sources: left out" >&2
			continue
		fi
		echo "deb [arch=amd64$signed] $uri $suite $COMPONENTS"
	done >"$1"
	[ -s "$1" ] || die "the host's apt sources name no mirror for $host"
}

apt_write_config() { # folder
	{
		# Proxies, timeouts and the like.
		apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' || true
		cat <<-EOF
			Acquire::Languages "none";
			Acquire::Retries "3";
			APT::Architecture "amd64";
			APT::Architectures "amd64";
			APT::Install-Recommends "false";
			APT::Sandbox::User "root";
			Dir::Cache "$1/cache";
			Dir::Cache::archives "$CACHE/debs";
			Dir::Etc::main "/dev/null";
			Dir::Etc::parts "/dev/null";
			Dir::Etc::preferences "/dev/null";
			Dir::Etc::preferencesparts "/dev/null";
			Dir::Etc::sourcelist "$1/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::State "$1/state";
			Dir::State::status "$1/status";
		EOF
	} >"$1/apt.conf"
}

# Makes the private apt ready; its lists are fetched again after half a day.
# The empty dpkg status makes a package's closure include libc and all.
apt_begin() {
	APT_HOME=$CACHE/apt-$DISTRO
	mkdir -p "$APT_HOME/state/lists/partial" "$APT_HOME/cache" "$CACHE/debs/partial"
	: >"$APT_HOME/status"
	apt_write_sources "$APT_HOME/sources.list"
	apt_write_config "$APT_HOME"
	if [ -z "$(find "$APT_HOME/updated" -mmin -720 2>/dev/null)" ]; then
		apt_update
	fi
}

apt_update() {
	local log=$APT_HOME/update.log

	if apt_run apt-get update >"$log" 2>&1 && ! grep -q '^[WE]: Failed' "$log"; then
		touch "$APT_HOME/updated"
	elif [ -e "$APT_HOME/updated" ]; then
		say "package lists could not be refreshed, going on with older ones" >&2
	else
		cat "$log" >&2
		die "package lists could not be fetched"
	fi
}

apt_run() {
	env APT_CONFIG="$APT_HOME/apt.conf" LC_ALL=C "$@"
}

apt_newest() { # pattern of package names
	apt_run apt-cache pkgnames | grep -E "$1" | sort -V | tail -n 1
}

# Packages that a package depends on, of those whose names match.
apt_depends() { # package pattern
	apt_run apt-cache depends --important "$1" |
		awk '$1 == "Depends:" || $1 == "|Depends:" { print $2 }' | grep -E "$2" || true
}

# Downloads packages into the cache and prints the files' paths: with "closure"
# all that they depend on too, with "only" just themselves.
apt_fetch() { # closure|only suite packages...
	local how=$1 suite=$2
	local list=$APT_HOME/fetch.list

	shift 2
	if ! apt_fetch_try "$how" "$suite" "$@" >"$list"; then
		# The mirror may have moved on since the lists were fetched.
		apt_update
		apt_fetch_try "$how" "$suite" "$@" >"$list" ||
			die "could not download: $*  (see $APT_HOME/fetch.log)"
	fi
	cat "$list"
}

apt_fetch_try() { # closure|only suite packages...
	local how=$1 suite=$2
	local log=$APT_HOME/fetch.log

	shift 2
	if [ "$how" = closure ]; then
		apt_run apt-get install -y --download-only -t "$suite" "$@" >"$log" 2>&1 &&
			apt_run apt-get install -y --print-uris -qq --reinstall -t "$suite" \
				-o Dir::Cache::archives="$APT_HOME/none" "$@"
	else
		(cd "$CACHE/debs" && apt_run apt-get download -t "$suite" "$@") >"$log" 2>&1 &&
			apt_run apt-get download --print-uris -qq -t "$suite" \
				-o Dir::Cache::archives="$APT_HOME/none" "$@"
	fi | awk -v dir="$CACHE/debs" '{ print dir "/" $2 }'
	[ "${PIPESTATUS[0]}" -eq 0 ]
}

# Unpacks packages under a folder that has the merged /usr of a real system.
unpack_debs() { # folder files...
	local root=$1 dir deb

	shift
	for dir in bin sbin lib lib64; do
		mkdir -p "$root/usr/$dir"
		ln -sfn "usr/$dir" "$root/$dir"
	done
	for deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$root" --keep-directory-symlink --no-same-owner \
				"${UNPACK_EXCLUDES[@]}"
	done
}

# Nobody reads these in a guest, and they are most of many packages.
UNPACK_EXCLUDES=(--exclude='./usr/share/doc/*' --exclude='./usr/share/man/*'
	--exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
	--exclude='./usr/share/lintian/*' --exclude='./usr/share/bug/*')
