// Defines a weak symbol, so that a test can see that check_weak_symbols.cmake finds one.
namespace filigree::kernels {

inline int weak_function(int value) { return value + 1; }
extern int (*address_of_weak_function)(int);
int (*address_of_weak_function)(int) = weak_function;

}  // namespace filigree::kernels
