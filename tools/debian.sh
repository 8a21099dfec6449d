# What the scripts beside this one share about Debian.

# The mirror that this machine takes its packages from.
debian_mirror() {
  local found
  found=$(sed -nE 's/^(URIs:|deb) *(https?:[^ ]*debian\/?)( .*)?$/\2/p' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1 || true)
  echo "${found:-http://deb.debian.org/debian}"
}

# What a package of this version is called, whichever others lie beside it.
package_file() { # deb ARCHITECTURE | image ARCHITECTURE | portable
  local name=build/package/dynamodb-migration-monitor version
  version=$(sed -nE 's/^project\(.* VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)
  case $1 in
    deb) echo "${name}_${version}_$2.deb" ;;
    image) echo "${name}_${version}_$2.oci.tar" ;;
    portable) echo "$name-$version-linux-$(uname -m).tar.gz" ;;
  esac
}

made_package() { # as package_file
  local file
  file=$(package_file "$@")
  [[ -f $file ]] || { echo "$file is missing: ./dev package makes it (an image: tools/make_image.sh)" >&2; return 1; }
  echo "$file"
}

# A version lives longer than a format of the state: an old package may lie under a new one's name.
check_state_format() { # LINE, as --version prints it
  local wanted
  wanted=$(sed -nE 's/.* format_version = ([0-9]+);.*/\1/p' src/state/state_file.h)
  [[ -n $wanted && $1 == *", state format $wanted" ]] && return
  echo "the package is an old one: it says \"$1\", and the sources have state format $wanted; make it anew with ./dev package (an image: tools/make_image.sh after it)" >&2
  return 1
}

# The newest version of a library's symbols that a program asks for: of glibc's (GLIBC) or libgcc_s's (GCC). The system
# that it runs on needs this one or a newer one.
newest_asked_for() { # PROGRAM GLIBC|GCC
  objdump -T "$1" | { grep -oE "\b$2_[0-9.]+" || true; } | sort --version-sort --unique | tail -n 1 | cut -d _ -f 2
}

# A program that is to be packaged is held to the flags of a hardened release.
check_hardening() { # PROGRAM, with its symbols, in the folder of its build
  local program
  program=$(realpath "$1")
  (cd tests/end_to_end && DDM_SHIPPED=1 DDM_MONITOR=$program /usr/bin/python3 -m unittest test_hardening.Hardening)
}

# Links of a root that is only unpacked lead out of it.
lead_links_inside() { # ROOT
  local link target
  while read -r link target; do
    ln -sfnr "$1$target" "$link"
  done < <(find "$1" -type l -lname '/*' -printf '%p %l\n')
}
