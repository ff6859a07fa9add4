#!/bin/sh
# image-root.sh FOLDER LIBRARIES: copies the program and what it needs out of this Debian into FOLDER, the root of the
# image; the files in the folder LIBRARIES take the place of Debian's.
set -eu
# Not in WORKDIR: cp --parents looks for the folders that it makes from where it stands.
cd /
root=$1
replacements=$2
libraries=/usr/lib/$(uname -m)-linux-gnu

# The layout of a merged /usr, so that the loader finds itself and the libraries under both names.
mkdir -p "$root/usr/bin" "$root/usr/lib64" "$root$libraries" "$root/etc/ssl" "$root/app" "$root/var/lib/dpkg/status.d"
mkdir -m 1777 "$root/tmp"
for folder in bin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done

# $1 with all that it links, to where it lies now.
copy_program() {
    cp --parents -L "$1" "$root"
    ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | while read -r library; do
        # Under /usr also where the loader says /lib.
        case $library in /usr/*) ;; *) library=/usr$library ;; esac
        cp --parents -L "$library" "$root"
    done
}
copy_program /usr/bin/elasticbot
# Loaded at their first use, so the program does not name them.
for library in libpq.so.5 libcurl.so.4 libxml2.so.2 libcrypto.so.3 libdate-tz.so.3; do
    copy_program "$libraries/$library"
done
for library in "$replacements"/*; do cp "$library" "$root$libraries"; done

for name in python python3 manage.py gunicorn celery supervisord supervisorctl; do ln -s elasticbot "$root/usr/bin/$name"; done
cp --parents -a /usr/share/zoneinfo "$root"
rm -rf "$root/usr/share/zoneinfo/right" "$root/usr/share/zoneinfo/posix"
cp --parents -aL /etc/ssl/certs/ca-certificates.crt /etc/ssl/openssl.cnf /usr/lib/ssl/openssl.cnf /etc/os-release "$root"
ln -sfn /etc/ssl/certs "$root/usr/lib/ssl/certs"
grep -E '^(root|nobody|elasticbot):' /etc/passwd >"$root/etc/passwd"
grep -E '^(root|nogroup|elasticbot):' /etc/group >"$root/etc/group"

# What scanners and lawyers ask for: which packages the files come from, and their licences.
find "$root$libraries" -name '*.so*' | while read -r file; do
    file=$(readlink -f "${file#"$root"}")
    dpkg -S "$file" "${file#/usr}" 2>/dev/null | sed 's/:.*//'
done | sort -u >/tmp/packages
for package in $(cat /tmp/packages) tzdata ca-certificates; do
    dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
    cp --parents -L "/usr/share/doc/$package/copyright" "$root"
done
rm /tmp/packages
